/** What a reporter returns: named contents. Reporters write nothing; one place in the shell writes. */
export interface Artifact {
  /** The path within the folder of the run, with forward slashes: `charts/memory.svg`. */
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** An artifact whose content is still being made elsewhere, while other reporters go on. */
export interface Promised {
  readonly path: string;
  readonly content: Promise<string | Uint8Array>;
}
