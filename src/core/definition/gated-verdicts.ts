/** The verdicts that a gate can demand, in the words of a report. Help names them, so they stand apart from the schema. */
export const GATED_VERDICTS = ['SLM fits', 'LLM needed', 'cascade', 'by task'] as const;
