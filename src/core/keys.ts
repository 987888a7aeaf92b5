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
