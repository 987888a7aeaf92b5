/**
 * The workflow of docs/gate.md, step by step, in a local repository: a base on one branch, a new version on another, the steps of
 * action.yml in a shell, and what a pull request then sees.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../support/cli.js';

interface Step {
  readonly id?: string;
  readonly run?: string;
  readonly uses?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

const DOCS = readFileSync(join(ROOT, 'docs/gate.md'), 'utf8');
const blocks = [...DOCS.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => parse(text!));
const workflow = blocks.find((block) => block.jobs !== undefined)!;
const gitlab = blocks.find((block) => block.gate?.script !== undefined)!;
const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8'));

const ANSWERS = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`q${i}`, `a${i}`]));
const SUITE = JSON.stringify({
  name: 'desk',
  gate: { quality: { by: '5 points' } },
  tasks: [
    {
      name: 'route',
      prompt: { text: '{{ q }}' },
      samples: Object.entries(ANSWERS).map(([q, target]) => ({ q, target })),
      scorer: 'exact',
    },
  ],
});

function models(right: number): string {
  const answers = Object.fromEntries(Object.entries(ANSWERS).map(([q, a], i) => [q, i < right ? a : 'wrong']));
  return JSON.stringify({ models: [{ id: 'small', class: 'slm', backend: 'scripted', script: { answers } }] });
}

const prepared = prepare();

/** A copy of the repository. */
function repository() {
  const home = mkdtempSync(join(tmpdir(), 'rightsize-workflow-'));
  cpSync(prepared, home, { recursive: true });
  return openRepository(home);
}

/** A repository with a baseline on its first commit, and programs that stand in for npx, npm and gh. */
function prepare(): string {
  const home = mkdtempSync(join(tmpdir(), 'rightsize-prepared-'));
  const bin = join(home, 'bin');
  mkdirSync(join(home, 'repo'));
  mkdirSync(bin);
  const program = (name: string, text: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  program('npx', `shift 2\nexec "${process.execPath}" "${join(ROOT, 'dist/main.js')}" "$@"`);
  program('npm', 'exit 0');
  program('gh', 'cp "$5" "$HOME/comment.md"');
  const { shell, git, commit } = openRepository(home);
  git('init', '--quiet');
  commit({ 'desk.yaml': SUITE, 'models.json': models(110), '.gitignore': 'reports\nrightsize-gate\n' }, 'base');
  const made = shell(
    'npx --no-install rightsize run --suite desk.yaml --model small --out base -q --reports summary && npx --no-install rightsize baseline write base/* && rm -r base',
  );
  if (made.status !== 0) throw new Error(made.stderr);
  commit({}, 'baseline');
  git('checkout', '--quiet', '-b', 'a-branch');
  return home;
}

function openRepository(home: string) {
  const [repo, bin] = [join(home, 'repo'), join(home, 'bin')];
  const env = {
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    HOME: home,
    RIGHTSIZE_LOCK_DIR: home,
    GITHUB_ACTIONS: 'true',
    GITHUB_HEAD_REF: 'a-branch',
    GITHUB_STEP_SUMMARY: join(home, 'summary.md'),
    CI_COMMIT_REF_NAME: 'a-branch',
  };
  const shell = (script: string, more: Readonly<Record<string, string>> = {}) =>
    spawnSync('bash', ['-e', '-c', script], { cwd: repo, env: { ...env, ...more }, encoding: 'utf8' });
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: repo });
  const commit = (files: Readonly<Record<string, string>>, message: string) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(repo, name), text);
    git('add', '.');
    git('commit', '--quiet', '--allow-empty', '--message', message);
  };
  return { home, repo, shell, git, commit };
}

type Repository = ReturnType<typeof repository>;

/** Runs the steps as a runner does. @returns The exit code of the job. */
function runWorkflow(
  { home, shell }: Repository,
  steps: readonly Step[],
): { readonly code: number; readonly log: string } {
  const outputs = new Map<string, string>();
  let [code, log] = [0, ''];
  const filled = (text: string) =>
    text.replace(
      /\$\{\{ *([^}]*?) *\}\}/g,
      (_, name: string) => outputs.get(name) ?? (name === 'github.token' ? 'token' : ''),
    );
  const execute = (id: string, script: string, env: Readonly<Record<string, string>>) => {
    const file = join(home, `output-${id}`);
    writeFileSync(file, '');
    const done = shell(script, { ...env, GITHUB_OUTPUT: file });
    log += `${done.stdout}${done.stderr}`;
    for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
      const [name, ...value] = line.split('=');
      outputs.set(`steps.${id}.outputs.${name}`, value.join('='));
    }
    if (done.status !== 0) code ||= done.status ?? 1;
  };
  for (const [i, step] of steps.entries()) {
    if (code !== 0 && step.if !== 'always()') continue;
    const id = step.id ?? `step-${i}`;
    if (step.run !== undefined) {
      const env = Object.fromEntries(Object.entries(step.env ?? {}).map(([name, text]) => [name, filled(text)]));
      execute(id, filled(step.run), env);
    } else if (step.uses === 'OWNER/rightsize@COMMIT') {
      for (const [name, { default: text }] of Object.entries<{ default?: string }>(action.inputs))
        outputs.set(`inputs.${name}`, filled(step.with?.[name] ?? text ?? ''));
      const [only] = action.runs.steps as readonly [Required<Pick<Step, 'run' | 'env'>>];
      const env = Object.fromEntries(Object.entries(only.env).map(([name, text]) => [name, filled(text)]));
      execute(id, only.run, env);
    } else expect(step.uses).toBe('actions/checkout@v4');
  }
  return { code, log };
}

describe('the workflow of docs/gate.md', () => {
  test('is green where nothing got worse, and comments', () => {
    const repo = repository();
    repo.commit({ 'README.md': 'a change' }, 'a change');
    const { code, log } = runWorkflow(repo, workflow.jobs.gate.steps);
    expect(code, log).toBe(0);
    const comment = readFileSync(join(repo.home, 'comment.md'), 'utf8');
    expect(comment).toContain('The gate is green');
    expect(comment).toMatch(/small \(a\\?-branch, [0-9a-f]{7}\)/);
    expect(readFileSync(join(repo.home, 'summary.md'), 'utf8')).toBe(comment);
  });

  test('is red where the model got worse, and shows the samples in the pull request', () => {
    const repo = repository();
    repo.commit({ 'models.json': models(70) }, 'a worse model');
    const { code, log } = runWorkflow(repo, workflow.jobs.gate.steps);
    expect(code, log).toBe(1);
    expect(log).toMatch(/^::error title=rightsize::quality: red/m);
    const comment = readFileSync(join(repo.home, 'comment.md'), 'utf8');
    expect(comment).toContain('The gate is red: quality');
    expect(comment).toMatch(/40 samples flipped: 40 for the worse/);
    expect(readFileSync(join(repo.repo, 'rightsize-gate/junit.xml'), 'utf8')).toContain('failures="1"');
  });

  test('cannot be green where the suite changed', () => {
    const repo = repository();
    repo.commit({ 'desk.yaml': SUITE.replace('{{ q }}', 'Please: {{ q }}') }, 'another prompt');
    const { code } = runWorkflow(repo, workflow.jobs.gate.steps);
    expect(code).toBe(2);
  });

  test('runs nothing that an input says', () => {
    const repo = repository();
    repo.commit({}, 'nothing');
    const steps = [
      { uses: 'OWNER/rightsize@COMMIT', with: { base: '$(touch hacked); `touch hacked`', new: '"; touch hacked; "' } },
    ];
    expect(runWorkflow(repo, steps).code).toBe(2);
    expect(existsSync(join(repo.repo, 'hacked'))).toBe(false);
  });

  test('is the same on GitLab', () => {
    const repo = repository();
    repo.commit({ 'models.json': models(70) }, 'a worse model');
    const { status, stdout, stderr } = repo.shell(gitlab.gate.script.join('\n'));
    expect(status, `${stdout}${stderr}`).toBe(1);
    expect(existsSync(join(repo.repo, gitlab.gate.artifacts.reports.junit))).toBe(true);
  });
});
