// Programs that are started for each question (by xinetd, cron, a script) must start fast: they are few files, each with
// the code that V8 made of it beside it. A V8 other than the build's does not take that, and is only slower.

// Not imported: an import looks at all that a module has, and that loads half of Node.
const { existsSync, readFileSync, writeFileSync } = process.getBuiltinModule("node:fs");
const { createRequire } = process.getBuiltinModule("node:module");
const { dirname, join } = process.getBuiltinModule("node:path");
const { Script } = process.getBuiltinModule("node:vm");

const scripts = new Map();

function read(file) {
  const source = `(function (module, exports, require, __filename, __import) {${readFileSync(file, "latin1")}\n})`;
  const cachedData = existsSync(`${file}.v8`) ? readFileSync(`${file}.v8`) : undefined;
  const script = new Script(source, { filename: file, cachedData });
  scripts.set(file, script);
  return script;
}

/** A module of Node that is loaded when something of it is used: a short run uses few of those that it names. */
function later(load) {
  let loaded;
  const module = () => {
    loaded ??= load();
    return loaded;
  };
  return new Proxy(Object.create(null), {
    get: (_, key) => module()[key],
    has: (_, key) => key in module(),
    ownKeys: () => Reflect.ownKeys(module()),
    getOwnPropertyDescriptor: (_, key) => {
      const value = module()[key];
      return value === undefined ? undefined : { value, configurable: true, enumerable: true, writable: true };
    },
  });
}

/** Runs a bundle and gives what it exports. */
export function runCompiled(file) {
  const require = createRequire(file);
  const requireLater = (name) => (name.startsWith("node:") ? later(() => require(name)) : require(name));
  // A script from vm has no import() of its own.
  const load = async (path) => (path.endsWith(".cjs") ? runCompiled(join(dirname(file), path)) : import(path));
  const module = { exports: {} };
  const script = scripts.get(file) ?? read(file);
  script.runInThisContext()(module, module.exports, requireLater, file, load);
  return module.exports;
}

/** Keeps the code of all functions that a run of the program with each of these arguments needs. */
export async function keepCompiled(file, runs) {
  for (const args of runs) {
    process.argv = [process.argv[0], file, ...args];
    runCompiled(file);
    await new Promise((done) => process.once("beforeExit", done));
  }
  process.exitCode = 0;
  for (const [each, script] of scripts) writeFileSync(`${each}.v8`, script.createCachedData());
}
