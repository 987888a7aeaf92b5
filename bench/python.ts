/** The Python that a comparison needs, named by RIGHTSIZE_PYTHON, and the modules that it has. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Why no Python with these modules can be run; null when it can. */
export async function whyNoPython(...modules: readonly string[]): Promise<string | null> {
  const python = process.env.RIGHTSIZE_PYTHON;
  if (!python) return `RIGHTSIZE_PYTHON names no Python with ${modules.join(' and ')}`;
  const absent = `import importlib.util as u, sys; print(*(m for m in sys.argv[1:] if u.find_spec(m) is None))`;
  try {
    const { stdout } = await run(python, ['-c', absent, ...modules]);
    return stdout.trim() === '' ? null : `${python} has no module ${stdout.trim().replaceAll(' ', ', ')}`;
  } catch {
    return `${python}, which RIGHTSIZE_PYTHON names, cannot be run`;
  }
}
