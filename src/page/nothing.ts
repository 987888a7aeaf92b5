/** In place of a part of Vega that the page does not use. */
export {};
