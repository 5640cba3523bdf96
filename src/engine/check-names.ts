import { keyOf } from "../config/keys.ts";
import type { CheckSettings } from "../config/settings.ts";

type Asked = Pick<CheckSettings, "kind" | "options">;

/**
 * Names for checks, under which what they find is kept. Each has the name that says what it asks, the same after a
 * restart; one that asks something new takes the name of a `known` check that is asked no more, the one at its place
 * before others, when it is of the same kind. No name is one of the `taken`.
 */
export function namesFor(
  wanted: readonly Asked[],
  known: readonly string[],
  taken: Iterable<string>,
): readonly string[] {
  const own = ownNames(wanted, new Set(taken));
  const free = new Set(known.filter((name) => !own.includes(name)));
  const inherited = (name: string, index: number): string => {
    if (known.includes(name)) return name;
    const [heir] = [known[index] ?? "", ...free].filter((one) => free.has(one) && kindOf(one) === kindOf(name));
    if (heir === undefined) return name;
    free.delete(heir);
    return heir;
  };
  return own.map(inherited);
}

function ownNames(wanted: readonly Asked[], used: Set<string>): readonly string[] {
  return wanted.map((settings) => {
    const plain = plainName(settings);
    let name = plain;
    for (let count = 2; used.has(name); count++) name = `${plain} ${count}`;
    used.add(name);
    return name;
  });
}

/** Kind and a digest of the options, in which a secret is not more than the word that it is one. */
function plainName({ kind, options }: Asked): string {
  try {
    return keyOf(kind.name, options);
  } catch {
    return `${kind.name}:`; // a kind of the user's own may make anything of its options, also what is no JSON
  }
}

const kindOf = (name: string): string => name.slice(0, name.lastIndexOf(":"));
