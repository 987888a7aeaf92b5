import { parity } from './parity.js';

parity('reference-llm');
