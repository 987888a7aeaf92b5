/** Loads the llama.cpp in the folder given as an argument, in a process of its own, and prints its build or why it is refused. */
import { librariesIn } from '../../src/backends/llama-cpp/find-library.js';
import { openLibrary } from '../../src/backends/llama-cpp/library.js';

try {
  process.stdout.write(openLibrary(librariesIn(process.argv[2]!)).build);
} catch (error) {
  process.stdout.write((error as Error).message);
}
