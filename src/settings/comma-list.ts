import { z } from 'zod';

/** `a, b,` is `['a', 'b']`: what is empty between two commas is nothing. */
export const commaList = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
