// Guards the habits of the project: what is not written down here decays.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkers } from "../checks/index.ts";
import { sources } from "../checks/sources/index.ts";
import { outlets } from "../src/outlets/index.ts";
import { registries } from "../src/registry/index.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && statSync(join(ROOT, file), { throwIfNoEntry: false })?.isFile());
const code = tracked.filter((file) => /^(src|checks|agent)\/.*\.tsx?$/.test(file));
const prose = tracked.filter(
  (file) => /\.(md|ts|tsx|mjs|yaml|service|json|sh)$/.test(file) && file !== "package-lock.json",
);

/** `file:line text` of every line that matches, in files that are not this one. */
function grep(files: readonly string[], pattern: RegExp): string[] {
  return files
    .filter((file) => file !== "test/repo.test.ts")
    .flatMap((file) =>
      read(file)
        .split("\n")
        .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : [])),
    );
}

const examples = readdirSync(join(ROOT, "conf")).filter((file) => file.endsWith(".yaml"));
const exampleText = examples.map((file) => read(`conf/${file}`)).join("\n");
const tests = tracked.filter((file) => /^test\/.*\.test\.ts$/.test(file));

describe("every checker and source", () => {
  it.each([...checkers.keys()])("%s is documented, tested and shown in an example", (name) => {
    expect(read("checks/README.md")).toMatch(new RegExp(`^## \`?${name}\`?$`, "m"));
    expect(
      tests.some(
        (file) => file.startsWith(`test/checks/${name}`) || file.startsWith(`test/checks/${name.split("-")[0]}`),
      ),
    ).toBe(true);
    expect(exampleText).toMatch(new RegExp(`type: ${name}\\b`));
  });

  it.each([...sources.keys()])("source %s is documented, tested and shown in an example", (name) => {
    expect(read("checks/README.md")).toMatch(new RegExp(`source.*${name}|${name}.*source`, "i"));
    expect(tests.some((file) => file.startsWith(`test/checks/sources/${name}`))).toBe(true);
    expect(exampleText).toMatch(new RegExp(`type: ${name}\\b`));
  });

  it("lies in a file of its name that the list imports", () => {
    const files = readdirSync(join(ROOT, "checks")).filter((file) => file.endsWith(".ts") && file !== "index.ts");
    expect(files.map((file) => file.replace(".ts", "")).sort()).toEqual([...checkers.keys()].sort());
    const sourceFiles = readdirSync(join(ROOT, "checks/sources")).filter(
      (file) => file.endsWith(".ts") && file !== "index.ts",
    );
    expect(sourceFiles.map((file) => file.replace(".ts", "")).sort()).toEqual([...sources.keys()].sort());
  });
});

describe("every outlet and registry driver", () => {
  it.each([...outlets.keys()])("%s is documented and shown in an example", (name) => {
    const layout = name.replace("publish-", "");
    expect(read("src/outlets/README.md")).toMatch(new RegExp(`^#+ .*\`?${layout}\`?`, "m"));
    expect(exampleText).toMatch(
      name.startsWith("publish-") ? new RegExp(`layout: ${layout}\\b`) : new RegExp(`${layout}:`),
    );
  });

  it.each([...registries.keys()])("driver %s is documented", (name) => {
    expect(read("src/registry/README.md")).toMatch(new RegExp(`^#+ .*\`?${name}\`?`, "m"));
  });
});

describe("the sources", () => {
  it("have no AbortSignal.any or .timeout: the first leaks on Node 20, the second cannot be tested with a fake clock", () => {
    expect(grep(code, /AbortSignal\.(any|timeout)\(/)).toEqual([]);
  });

  it("have nothing unfinished and no test that is switched off", () => {
    expect(
      grep(
        [...code, ...tests],
        /\b(TODO|FIXME|XXX|HACK)\b|\b(it|describe|test)\.(only|skip|todo)\b|skipIf|runIf|not implemented/,
      ),
    ).toEqual([]);
  });

  it("have no any, no non-null assertion and no default export", () => {
    const found = grep(code, /: any\b|as any\b|<any>|^export default/);
    expect(found.filter((line) => !/^\S+ (\/\/|\*|\/\*)|\/\/.*\bany\b|"[^"]*\bany\b/.test(line))).toEqual([]);
  });

  it("are files of at most 300 lines", () => {
    expect(code.filter((file) => read(file).split("\n").length > 301)).toEqual([]);
  });

  it("import with their extension", () => {
    expect(grep(code, /from "\.{1,2}\/[^"]*(?<!\.tsx?|\.json|\.mjs|\.css)"/)).toEqual([]);
  });

  it("name no path of a machine and no host of a package registry", () => {
    expect(
      grep(prose, /\/(home|Users|work)\/[a-z]+\/(?!etc|bin|logs|sbin|support)|registry\.npmjs|deb\.debian\.org/),
    ).toEqual([]);
  });

  it("export from src/index.ts fewer than 60 names", () => {
    const names = read("src/index.ts").match(/^ {2}(type )?\w+,$/gm)?.length ?? 0;
    expect(names).toBeLessThan(60);
  });
});

describe("the package", () => {
  it("records no download addresses in its lock file", () => {
    expect(read("package-lock.json")).not.toMatch(/"resolved": "http/);
  });

  it("has a README in every folder that people look into", () => {
    const folders = [
      "",
      "agent/",
      "checks/",
      "conf/",
      "src/admin/page/",
      "src/outlets/",
      "src/registry/",
      "systemd/",
      "test/",
      "test/bench/",
    ];
    expect(folders.filter((folder) => !tracked.includes(`${folder}README.md`))).toEqual([]);
  });

  it("names the version of the changelog", () => {
    const { version } = JSON.parse(read("package.json")) as { version: string };
    expect(read("CHANGELOG.md")).toContain(`## ${version}`);
  });
});
