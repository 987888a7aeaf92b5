/** A log to all its artifacts, as `rightsize report` makes them, with a stand-in for the bundled script and style. */
import { startAnalysis } from '../../src/core/analyse/analyse.js';
import type { LogRecord } from '../../src/core/log/log.js';
import { recommend } from '../../src/core/recommend/recommend.js';
import type { Artifact } from '../../src/core/report/artifact.js';
import { briefOf } from '../../src/core/report/document/brief.js';
import { documentOf } from '../../src/core/report/document/build.js';
import { pageData } from '../../src/core/report/document/samples.js';
import { renderReports } from '../../src/core/report/table.js';
import { renderTerminal } from '../../src/core/report/terminal.js';

const page = { script: { text: '', hash: 'sha256-script' }, style: { text: '', hash: 'sha256-style' } };

export async function renderAll(records: Iterable<LogRecord>): Promise<Artifact[]> {
  const rebuilt = analysed(records);
  return [terminal(rebuilt), ...(await renderReports({ ...rebuilt, page }))];
}

/** The artifacts without pictures, and what the page and the pictures are drawn from: equal sources draw equal ones. */
export async function renderSources(records: Iterable<LogRecord>) {
  const rebuilt = analysed(records);
  const artifacts = await renderReports(rebuilt, ['markdown', 'summary', 'samples']);
  const document = documentOf(rebuilt.analysis, rebuilt.recommendation);
  return {
    artifacts: [terminal(rebuilt), ...artifacts],
    drawnFrom: JSON.stringify({ document, samples: pageData(rebuilt.analysis) }),
  };
}

function analysed(records: Iterable<LogRecord>) {
  const fold = startAnalysis();
  for (const record of records) fold.add(record);
  const analysis = fold.finish();
  return { analysis, recommendation: recommend(analysis) };
}

function terminal({ analysis, recommendation }: ReturnType<typeof analysed>): Artifact {
  const content = renderTerminal(briefOf(analysis, recommendation), { columns: 80, color: false });
  return { path: 'terminal.txt', content };
}
