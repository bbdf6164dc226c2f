import { expect, it } from 'vitest';
import { createClosers } from '../../../lab/closers.js';

it('closes last opened first, and once only', async () => {
  const closers = createClosers();
  const closed: string[] = [];
  closers.add(() => closed.push('first opened'));
  closers.add(async () => closed.push('last opened'));
  await Promise.all([closers.close(), closers.close()]);
  await closers.close();
  expect(closed).toEqual(['last opened', 'first opened']);
});

it('closes the rest when one fails, and tells the failure', async () => {
  const closers = createClosers();
  const closed: string[] = [];
  closers.add(() => closed.push('first opened'));
  closers.add(() => Promise.reject(new Error('stuck')));
  await expect(closers.close()).rejects.toMatchObject({ errors: [new Error('stuck')] });
  expect(closed).toEqual(['first opened']);
});
