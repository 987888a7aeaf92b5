/** The keys of tasks and samples. No name of a suite or task holds a slash, so each key stands for one thing. */

/** `suite/task` */
export function taskKey(suite: string, task: string): string {
  return `${suite}/${task}`;
}

/** `suite/task/sample` */
export function sampleKey({ suite, task, sample }: SampleName): string {
  return `${taskKey(suite, task)}/${sample}`;
}

/** What names a sample among those of a run. */
export interface SampleName {
  readonly suite: string;
  readonly task: string;
  readonly sample: string;
}

/** @param scorer the secondary scorer that asked; absent for the one that decides. */
export function evidenceKey({
  trial,
  scorer,
}: {
  readonly trial: string;
  readonly scorer?: string | undefined;
}): string {
  return scorer === undefined ? trial : `${trial} for ${scorer}`;
}
