/** The tests of `npm run check`, in a minute: neither real weights nor the built program, and no thousand cases. */
import type { ViteUserConfig } from 'vitest/config';
import whole, { units } from './vitest.config.js';

const quick: ViteUserConfig = { ...whole, test: { ...whole.test, projects: [units] } };
export default quick;
