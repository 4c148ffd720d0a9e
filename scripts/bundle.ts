/**
 * Makes the program of the container image: `dist/genkan.js` and the files it starts, which need Node 24 and nothing else.
 * Usage: node scripts/bundle.ts [FOLDER]
 */
import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Programs of processes and threads, which are started by URL. */
const STARTED = /new URL\('(?:\.\/)?([\w-]+)\.ts', import\.meta\.url\)/g
/** Read at run time by `src/base/version.ts`. */
const MANIFEST = "new URL('../../package.json', import.meta.url)"

if (process.argv.includes('--help')) {
  process.stdout.write('Usage: node scripts/bundle.ts [FOLDER]\nBundles the program into FOLDER (default: dist).\n')
  process.exit(0)
}

const folder = resolve(process.argv[2] ?? join(ROOT, 'dist'))
const programs = findPrograms()
emptyFolder(folder)
await build({
  entryPoints: { genkan: join(ROOT, 'bin/genkan.js'), ...programs },
  outdir: folder,
  bundle: true,
  // What several programs share is there once; all files lie side by side, so that URLs relative to any of them hold.
  splitting: true,
  chunkNames: 'chunk-[hash]',
  format: 'esm',
  platform: 'node',
  // A package in CommonJS that is imported when needed would have its exports under `default` only.
  mainFields: ['module', 'main'],
  conditions: ['module'],
  target: 'node24',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  // Packages in CommonJS ask for Node's own modules by `require`.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
  plugins: [
    {
      name: 'urls',
      setup(context) {
        context.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => ({
          contents: readFileSync(path, 'utf8')
            .replaceAll(STARTED, "new URL('./$1.js', import.meta.url)")
            .replaceAll(MANIFEST, "new URL('./package.json', import.meta.url)"),
          loader: 'ts',
        }))
      },
    },
  ],
})
writeManifest()
copyNative()
const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
process.stdout.write(`${folder}: ${readdirSync(folder).length} files, ${Math.round(bytes / 1024)} KiB\n`)

/** By the name that each has in the bundle. @throws {Error} for two of one name */
function findPrograms(): Record<string, string> {
  const found: Record<string, string> = {}
  for (const file of globSync('src/**/*.ts', { cwd: ROOT })) {
    const path = join(ROOT, file)
    for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(STARTED)) {
      const program = join(dirname(path), `${name}.ts`)
      if (found[name] !== undefined && found[name] !== program)
        throw new Error(`Cannot bundle ${program}: ${found[name]} has the same name; rename one of them`)
      found[name] = program
    }
  }
  return found
}

function emptyFolder(path: string): void {
  // Only what an earlier bundle left: the folder may have been named by mistake.
  mkdirSync(path, { recursive: true })
  for (const name of readdirSync(path)) {
    if (name === 'node_modules') {
      rmSync(join(path, name), { recursive: true })
      continue
    }
    if (!/\.js$|^package\.json$/.test(name))
      throw new Error(`Cannot bundle into ${path}: it has ${basename(name)}; name an empty folder`)
    rmSync(join(path, name))
  }
}

/** Says that the files are ES modules, and which version they are. */
function writeManifest(): void {
  const { name, version, license } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
    string,
    string
  >
  writeFileSync(
    join(folder, 'package.json'),
    `${JSON.stringify({ name, version, license, type: 'module' }, null, 2)}\n`,
  )
}

/**
 * `koffi`, by which `genkan speaker` calls the C library: compiled code, so it lies beside the bundle as a package, for this
 * platform. Its sources stay behind.
 */
function copyNative(): void {
  for (const name of globSync('node_modules/{koffi,@koromix/koffi-*}', { cwd: ROOT })) {
    const files = globSync('**/*.{js,cjs,json,node,txt}', { cwd: join(ROOT, name) })
    for (const file of files.filter((path) => path !== 'cnoke.cjs' && !path.startsWith('vendor'))) {
      cpSync(join(ROOT, name, file), join(folder, name, file))
    }
  }
}
