import { describe, expect, it } from "vitest";
import { func } from "../../../src/render/gotemplate/func.ts";
import { parse } from "../../../src/render/gotemplate/template.ts";
import { STRING, structOf } from "../../../src/render/gotemplate/type.ts";
import { Struct, strings } from "../../../src/render/gotemplate/value.ts";
import { DATA, execute, executeWith, fromJson } from "./executing.ts";

const NAMES = ["constructor", "__proto__", "prototype", "toString", "valueOf", "hasOwnProperty", "__defineGetter__"];

describe("names that mean something to JavaScript", () => {
  it.each(NAMES)("%s is no field of a map that has none", (name) => {
    expect(execute(`{{.${name}}} {{.map.${name}}} {{index .map "${name}"}}`, DATA)).toBe(
      "<no value> <no value> <no value>",
    );
    expect(execute(`{{.${name}.${name}}}{{$x := .map}}{{$x.${name}}}`, DATA)).toBe("<no value><no value>");
  });

  it.each(NAMES)("%s is plain data where the data has it", (name) => {
    const data = fromJson(JSON.parse(`{"${name}": "mine"}`));
    expect(executeWith(`{{.${name}}} {{index . "${name}"}} {{.}}`, new Map(), data)).toBe(
      `mine mine map[${name}:mine]`,
    );
  });

  it.each([...NAMES, "length", "push", "fields", "type", "entries", "at", "call"])(
    "%s is no field of lists, text, numbers, structs or functions",
    (name) => {
      const struct = new Struct(structOf("a.B", [{ name: "Field", type: STRING }]), ["x"], { secret: "hidden" });
      for (const value of [strings(["a"]), "text", 1n, 1.5, true, struct, func([], () => "")]) {
        expect(() => executeWith(`{{.${name}}}`, new Map(), value)).toThrowError(
          `can't evaluate field ${name} in type`,
        );
      }
    },
  );

  it.each(NAMES)("%s is no function, variable or template", (name) => {
    expect(() => parse("t", `{{${name}}}`)).toThrowError(`function "${name}" not defined`);
    expect(() => parse("t", `{{$${name}}}`)).toThrowError(`undefined variable "$${name}"`);
    expect(() => execute(`{{template "${name}"}}`)).toThrowError(`template "${name}" not defined`);
    expect(execute(`{{$${name} := 1}}{{$${name}}}`)).toBe("1");
    expect(execute(`{{define "${name}"}}x{{end}}{{template "${name}"}}`)).toBe("x");
  });

  it("leave the prototypes of JavaScript alone", () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    execute('{{$__proto__ := .}}{{$constructor := "x"}}{{range $__proto__, $e := .map}}{{end}}', DATA);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    expect(Reflect.get({}, "b")).toBeUndefined();
  });
});
