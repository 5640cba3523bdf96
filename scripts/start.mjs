// `npm start`: installs, builds, and runs checkd on conf/quickstart.yaml with three demo web servers of its own.
import { join } from "node:path";
import { build, checkNode, installPackages, ROOT } from "./steps.mjs";

checkNode();
installPackages();
build();
const { demo } = await import(join(ROOT, "dist/demo.js"));
await demo(process.argv.slice(2));
