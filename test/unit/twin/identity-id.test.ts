import { describe, expect, it } from 'vitest';
import { isValidId } from '../../../src/identity-id.js';

describe('isValidId', () => {
  it.each(['a', 'A-1', "x:.+%_#*?!(),=@;$'y", 'd'.repeat(128), '$edgeAgent', '%41'])('takes %s', (id) => {
    expect(isValidId(id)).toBe(true);
  });

  it.each(['', 'd'.repeat(129), 'a b', 'a/b', 'a\\b', 'ä', 'a\n', '\0', '٣', 'a"b', 'a&b', 'a|b', 'a~b'])(
    'refuses %j',
    (id) => {
      expect(isValidId(id)).toBe(false);
    },
  );
});
