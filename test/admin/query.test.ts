import { expect, it } from "vitest";
import { queryOf } from "../../src/admin/query.ts";
import { LiveBoard } from "../../src/engine/board.ts";
import { viewOf } from "../outlets/outlet-env.ts";

const board = new LiveBoard(() => {});
const add = (pool: string, group: string | null, port: number): void =>
  board.post(viewOf(pool, { a: { state: "up", port } }, true, group));
add("web", "ngboss", 1);
add("ecbusi.web", "ecbusi", 2);
add("ecbusi.shop", "ecbusi", 3);
add("shop", "ecbusi", 4);
add("v1.api", null, 5);

const listed = (port: number) => ({ instances: [`10.0.0.1:${port}`] });

it("shows GROUP.NAME as NAME in its group, so that two groups may have a pool of one name", () => {
  expect(queryOf(board, "ecbusi", "web", false)).toEqual({ ecbusi: { web: listed(2) } });
  expect(queryOf(board, "ecbusi", "ecbusi.web", false)).toEqual({ ecbusi: { web: listed(2) } });
  expect(queryOf(board, "ngboss", "web", false)).toEqual({ ngboss: { web: listed(1) } });
  expect(queryOf(board, null, null, false)).toMatchObject({
    ngboss: { web: listed(1) },
    ecbusi: { web: listed(2) },
    "v1.api": { "v1.api": listed(5) },
  });
});

it("keeps the whole name where the short one is another pool's", () => {
  expect(Object.keys(queryOf(board, "ecbusi", null, false)?.ecbusi ?? {}).sort()).toEqual([
    "ecbusi.shop",
    "shop",
    "web",
  ]);
  expect(queryOf(board, "ecbusi", "shop", false)?.ecbusi?.shop).toEqual(listed(4));
});
