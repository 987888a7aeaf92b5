/** The commit that is measured: as the CI server says it, else as git does. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Git answers at once, or not at all. */
const PATIENCE = 2_000;

interface Place {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The hash, with `-dirty` behind it where tracked files have changed; undefined where nothing knows it. */
export async function commitOf({ cwd, environment }: Place): Promise<string | undefined> {
  const given = environment.GITHUB_SHA || environment.CI_COMMIT_SHA;
  if (given) return given;
  const git = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run('git', ['-C', cwd, '--no-optional-locks', ...args], { timeout: PATIENCE });
    return stdout.trim();
  };
  try {
    const commit = await git('rev-parse', '--verify', 'HEAD');
    const changes = await git('status', '--porcelain', '--untracked-files=no');
    return changes === '' ? commit : `${commit}-dirty`;
  } catch {
    // No repository, no commit yet, or no git.
    return undefined;
  }
}
