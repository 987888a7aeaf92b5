/** A log to all its artifacts, as `rightsize report` makes them, with a stand-in for the bundled script and style. */
import { startAnalysis } from '../../src/core/analyse/analyse.js';
import type { LogRecord } from '../../src/core/log/log.js';
import { recommend } from '../../src/core/recommend/recommend.js';
import type { Artifact } from '../../src/core/report/artifact.js';
import { briefOf } from '../../src/core/report/document/brief.js';
import { renderReports } from '../../src/core/report/table.js';
import { renderTerminal } from '../../src/core/report/terminal.js';

const page = { script: '', style: '', scriptHash: 'sha256-script', styleHash: 'sha256-style' };

export async function renderAll(records: Iterable<LogRecord>): Promise<Artifact[]> {
  const fold = startAnalysis();
  for (const record of records) fold.add(record);
  const analysis = fold.finish();
  const recommendation = recommend(analysis);
  return [
    { path: 'terminal.txt', content: renderTerminal(briefOf(analysis, recommendation), { columns: 80, color: false }) },
    ...(await renderReports({ analysis, recommendation, page })),
  ];
}
