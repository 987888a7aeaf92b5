import { parity } from './parity.js';

parity('reference-slm');
