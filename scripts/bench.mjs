// `npm run bench [-- NAME... --rounds 5 --minutes 10]`: measures what test/bench/*.bench.mjs measure, prints every
// result beside its goal, and exits 1 when a goal was missed. Results are ratios: absolute times are the machine's.
import { readdirSync } from "node:fs";
import { register } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build, checkNode, installPackages, ROOT, say } from "./steps.mjs";

const FOLDER = join(ROOT, "test/bench");
const SUFFIX = ".bench.mjs";

checkNode();
installPackages();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string" }, minutes: { type: "string" }, help: { type: "boolean" } },
});
const all = readdirSync(FOLDER)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length));
const unknown = positionals.filter((name) => !all.includes(name));
if (values.help || unknown.length > 0) {
  for (const name of unknown) say(`there is no bench ${name}`);
  say(`npm run bench [-- NAME... --rounds N --minutes N]\nnames: ${all.join(" ")}`);
  process.exit(values.help ? 0 : 2);
}
const number = (text, name) => {
  if (text === undefined) return undefined;
  const found = Number(text);
  if (Number.isFinite(found) && found > 0) return found;
  say(`--${name} takes a number above 0`);
  return process.exit(2);
};
const asked = { rounds: number(values.rounds, "rounds"), minutes: number(values.minutes, "minutes") };

const { ensureServers } = await import("./servers.mjs");
try {
  await ensureServers();
} catch (error) {
  say(error.message);
  process.exit(3);
}
build();
register("./typescript-hooks.mjs", import.meta.url);
const { table } = await import(pathToFileURL(join(FOLDER, "lib/table.mjs")));

const rows = [];
let broken = 0;
for (const name of all.filter((each) => positionals.length === 0 || positionals.includes(each))) {
  const { title, run } = await import(pathToFileURL(join(FOLDER, `${name}${SUFFIX}`)));
  say(`${name}: ${title}`);
  const add = (row) => {
    rows.push({ bench: name, ...row });
    say(`  ${table([row], { plain: true })}`);
  };
  try {
    await run({ ...asked, add, say: (text) => say(`  ${text}`) });
  } catch (error) {
    broken += 1;
    say(`${name} broke: ${error.stack}`);
  }
}
process.stdout.write(`${table(rows)}\n`);
const missed = rows.filter(({ met }) => met === false).length;
say(`${rows.length} measured, ${missed} missed${broken === 0 ? "" : `, ${broken} broken`}`);
process.exit(missed + broken === 0 ? 0 : 1);
