/**
 * Where the libraries of llama.cpp are: in the packages that node-llama-cpp has for each system and kind of GPU, or in a folder
 * that the user names.
 *
 *     libllama.v0.5.0.so      the functions that are called
 *     libggml.v0.5.0.so       finds devices and code for them
 *     libggml-base.so
 *     libggml-cpu-zen4.so …   the code for each generation of CPUs
 *     libggml-cuda.so         the code for a kind of GPU
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import koffi from 'koffi';

export interface LibraryFiles {
  readonly folder: string;
  readonly llama: string;
  readonly ggml: string;
  readonly base: string;
  /** Folders with code for devices; a later one is for those where an earlier one has found no GPU. */
  readonly backends: readonly string[];
  /** What the report calls the place that the library is from. */
  readonly origin: string;
}

/** @throws Error when the folder has no such libraries. */
export function librariesIn(folder: string, origin = folder): LibraryFiles {
  if (!existsSync(folder)) throw new Error('expected a folder with the libraries of llama.cpp, found nothing there');
  if (!statSync(folder).isDirectory()) throw new Error(`expected a folder, found a file; name ${dirname(folder)}`);
  const names = readdirSync(folder);
  const find = (name: string) => {
    const pattern = new RegExp(`^(lib)?${name}(\\.[\\w.]+)?\\.(so|dylib|dll)(\\.\\d+)*$`);
    const file = names.find((candidate) => pattern.test(candidate));
    if (file === undefined) {
      throw new Error(`expected a folder with the libraries llama, ggml and ggml-base, found no ${name} in it`);
    }
    return join(folder, file);
  };
  return {
    folder,
    llama: find('llama'),
    ggml: find('ggml'),
    base: find('ggml-base'),
    backends: [folder, ...backendFoldersIn(folder)],
    origin,
  };
}

/** Distributions keep the code for devices apart: Debian in `ggml/backends0`. */
function backendFoldersIn(folder: string): string[] {
  const parent = join(folder, 'ggml');
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => name.startsWith('backends'))
    .map((name) => join(parent, name));
}

/**
 * The libraries that node-llama-cpp ships for this system.
 *
 * @throws Error when it ships none.
 */
export async function shippedLibraries(device: 'cpu' | 'gpu'): Promise<LibraryFiles> {
  const system = { linux: 'linux', darwin: 'mac', win32: 'win' }[process.platform as string];
  const target = `${system}-${process.arch}`;
  const metal = target === 'mac-arm64' ? '-metal' : '';
  if (device === 'gpu') {
    for (const kind of ['cuda', 'vulkan']) {
      const files = await gpuLibraries(target, kind);
      if (files !== null) return files;
    }
  }
  const { folder, origin } = await packageOf(`${target}${metal}`);
  return librariesIn(folder, origin);
}

/** Null where there is no such package, or no such GPU. */
async function gpuLibraries(target: string, kind: string): Promise<LibraryFiles | null> {
  const shipped = await packageOf(`${target}-${kind}`).catch(() => null);
  if (shipped === null) return null;
  // For CUDA there is a second package, with code for an older runtime.
  const extension = await packageOf(`${target}-${kind}-ext`).catch(() => null);
  const backends = [shipped.folder, ...(extension === null ? [] : [join(extension.folder, 'fallback')])];
  if (!backends.some((folder) => loads(folder, `ggml-${kind}`))) return null;
  return { ...librariesIn(shipped.folder, shipped.origin), backends };
}

async function packageOf(name: string): Promise<{ folder: string; origin: string }> {
  // The packages are dependencies of node-llama-cpp, so they are looked for from its folder.
  const near = createRequire(createRequire(import.meta.url).resolve('node-llama-cpp'));
  const { getBinsDir } = (await import(pathToFileURL(near.resolve(`@node-llama-cpp/${name}`)).href)) as {
    getBinsDir(): { binsDir: string; packageVersion: string };
  };
  const { binsDir, packageVersion } = getBinsDir();
  return { folder: join(binsDir, readdirSync(binsDir)[0]!), origin: `node-llama-cpp ${packageVersion}` };
}

/** Whether what the code for a GPU needs (its driver, its runtime) is on this machine. It stays loaded: ggml ends a process that loads it twice. */
function loads(folder: string, name: string): boolean {
  const file = existsSync(folder) && readdirSync(folder).find((candidate) => candidate.includes(name));
  if (!file) return false;
  try {
    koffi.load(join(folder, file));
    return true;
  } catch {
    return false;
  }
}
