import { describe, expect, it } from "vitest";
import { environmentEntries, exactEnvironment } from "../../src/registry/environment.ts";

describe("the environment", () => {
  it("is read by names that begin like the prefix, in confd's way", () => {
    const env = { MY_APP_ONE: "1", MY_APPLE: "2", OTHER: "3", my_app_low: "4" };
    expect([...environmentEntries("/my/app", env)]).toEqual([
      ["my/app/one", { value: "1", version: "1" }],
      ["my/apple", { value: "2", version: "2" }],
    ]);
  });

  it("is taken as Node has it while nothing was lost", () => {
    const env = { A: "größe", B: "=\n" };
    const never = (): Buffer => {
      throw new Error("not needed");
    };
    expect(exactEnvironment(env, never)).toBe(env);
  });

  it("keeps bytes that are no UTF-8, and a replacement character that is one", () => {
    const raw = Buffer.from("A=gr\xf6\xdfe=\nx\0B=\xef\xbf\xbd\0C=new\0", "latin1");
    const env = { A: "gr\ufffd\ufffde=\nx", B: "\ufffd", C: "changed", D: "\ufffd set later" };
    expect(exactEnvironment(env, () => raw)).toEqual({ ...env, A: "gr\udcf6\udcdfe=\nx" });
  });
});
