/** The smallest run that compares two classes: three samples of one task, on a scripted SLM and a scripted LLM. */
export const SUMS = {
  name: 'sums',
  tasks: [
    {
      name: 'add',
      prompt: { text: '{{ q }}' },
      samples: ['1+1', '2+2', '3+3'].map((q) => ({ q, target: q })),
      scorer: 'exact' as const,
    },
  ],
};

export const PAIR = (['slm', 'llm'] as const).map((size) => ({ id: size, class: size, backend: 'scripted' as const }));
