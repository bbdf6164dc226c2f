import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { AppError, codeOf, isAppError } from '../../src/errors.js';

it('knows an error of another copy of this package', async () => {
  vi.resetModules();
  const other = await import('../../src/errors.js');
  expect(other.AppError).not.toBe(AppError);
  const error: unknown = new other.AppError('held', 'of the other copy', { retryable: true });
  expect(error instanceof AppError).toBe(false);
  expect(isAppError(error)).toBe(true);
  expect(isAppError(error, 'held')).toBe(true);
  expect(isAppError(error, 'aborted')).toBe(false);
  expect(codeOf(error)).toBe('held');
});

it('takes nothing else for one of ours', () => {
  const like = Object.assign(new Error('held'), { name: 'AppError', code: 'held', retryable: true });
  for (const other of [like, { code: 'held' }, 'held', null, undefined]) expect(isAppError(other)).toBe(false);
});

/** Classes of the language and of Node, of which a process has one each; and those that never leave the module that declares them. */
const builtIn = ['Error', 'TypeError', 'SyntaxError', 'AggregateError', 'RangeError', 'Date', 'Uint8Array'];
const ours = ['EventEmitter', 'SyncStop', 'NotWritable', 'HomeElsewhere'];

it('src asks for no class of an SDK, and for no AppError, by instanceof', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(100);
  const asked = files.flatMap((file) =>
    [...readFileSync(join('src', file), 'utf8').matchAll(/\binstanceof\s+([\w.]+)/g)].map(
      ([, name = '']) => `${file}: ${name}`,
    ),
  );
  expect(asked.filter((line) => ![...builtIn, ...ours].includes(line.split(': ')[1] ?? ''))).toEqual([]);
});
