import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { isValidId } from '../../src/identity-id.js';

it('no valid id changes as a segment of a path', () => {
  const characters = ".%_#*?!(),=@;$'-:+aZ09Ee2".split('');
  const ids = fc.string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(ids, (id) => {
      if (!isValidId(id)) return;
      const path = `/devices/${encodeURIComponent(id)}/modules`;
      const { pathname, search, hash } = new URL(`https://hub.example${path}`);
      expect([pathname, search, hash]).toEqual([path, '', '']);
    }),
    { numRuns: 2000 },
  );
});

it.each(['.', '..'])('refuses %s, which no URL can name', (id) => {
  expect(isValidId(id)).toBe(false);
});

it.each(['...', '.a', 'a.', '%2e', '%2E%2E', '#', '?'])('takes %s', (id) => {
  expect(isValidId(id)).toBe(true);
});
