import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/hub-model.js';
import { applyPatch } from '../../../src/merge-patch.js';
import { coalesce, split, type Change, type Write } from '../../../src/twin/coalesce.js';
import { documents, patches } from './json-arbitrary.js';

const patch = (document: JsonObject, item = 0): Change<number> => ({ kind: 'patch', document, item });
const replace = (document: JsonObject, item = 0): Change<number> => ({ kind: 'replace', document, item });
const barrier = (item = 0): Change<number> => ({ kind: 'barrier', item });

const apply = (start: JsonObject, steps: readonly (Change<number> | Write<number>)[]): JsonObject =>
  steps.reduce(
    (document, step) =>
      step.kind === 'barrier' ? document : step.kind === 'patch' ? applyPatch(document, step.document) : step.document,
    start,
  );
const items = (writes: Write<number>[]) =>
  writes.map((write) => (write.kind === 'barrier' ? [write.item] : write.changes.map(({ item }) => item)));

const twins = fc.record({ tags: documents, desired: documents });
const changes = fc
  .array(
    fc.oneof(
      {
        arbitrary: fc.record({ tags: patches, desired: patches }, { requiredKeys: [] }).map((d) => patch(d)),
        weight: 6,
      },
      { arbitrary: twins.map((d) => replace(d)), weight: 1 },
      { arbitrary: fc.constant(barrier()), weight: 1 },
    ),
    { maxLength: 12 },
  )
  .map((list) => list.map((change, item) => ({ ...change, item })));

describe('coalesce', () => {
  it('gives writes whose effect is that of the changes one by one, whatever the twin was and whatever the bound', () => {
    fc.assert(
      fc.property(twins, changes, fc.constantFrom(1, 60, 64 * 1024), (start, list, maxBytes) => {
        expect(apply(start, coalesce(list, maxBytes))).toEqual(apply(start, list));
      }),
      { numRuns: 500 },
    );
  }, 60_000);

  it('keeps every change once and in order, never across a barrier or a replace', () => {
    fc.assert(
      fc.property(changes, (list) => {
        const writes = coalesce(list);
        expect(items(writes).flat()).toEqual(list.map(({ item }) => item));
        for (const write of writes) {
          if (write.kind === 'barrier') continue;
          expect(write.changes.slice(1).every(({ kind }) => kind === 'patch')).toBe(true);
          expect(write.changes[0]?.kind).toBe(write.kind);
        }
      }),
    );
  });

  it('makes one write of patches that compose', () => {
    const writes = coalesce([
      patch({ desired: { a: 1 } }, 1),
      patch({ desired: { b: 2 } }, 2),
      patch({ tags: { a: null } }, 3),
    ]);
    expect(writes).toMatchObject([{ kind: 'patch', document: { desired: { a: 1, b: 2 }, tags: { a: null } } }]);
    expect(items(writes)).toEqual([[1, 2, 3]]);
  });

  it('makes one write for any number of changes of scalars', () => {
    const counts = fc.array(fc.integer(), { minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(counts, (values) => {
        expect(coalesce(values.map((value) => patch({ desired: { value } })))).toHaveLength(1);
      }),
    );
  });

  it.each([[null], [1], [[1]]])('starts a new write where %j is followed by an object', (ended) => {
    const writes = coalesce([patch({ desired: { a: ended } }, 1), patch({ desired: { a: { b: 1 } } }, 2)]);
    expect(items(writes)).toEqual([[1], [2]]);
  });

  it('starts a new write with a replace, and applies what follows onto it, even what does not compose', () => {
    const writes = coalesce([
      patch({ tags: { z: 1 } }, 1),
      replace({ tags: { a: 1 }, desired: {} }, 2),
      patch({ tags: { a: null } }, 3),
      patch({ tags: { a: { b: 1 } } }, 4),
      replace({ tags: {}, desired: {} }, 5),
    ]);
    expect(items(writes)).toEqual([[1], [2, 3, 4], [5]]);
    expect(writes[1]).toMatchObject({ kind: 'replace', document: { tags: { a: { b: 1 } }, desired: {} } });
  });

  it('ends a write before it grows over the bound, measuring what is sent', () => {
    const big = (name: string) => ({ desired: { [name]: 'x'.repeat(30_000) } });
    expect(items(coalesce([patch(big('a'), 1), patch(big('b'), 2), patch(big('c'), 3)]))).toEqual([[1, 2], [3]]);
    expect(items(coalesce([patch(big('a'), 1), patch(big('a'), 2), patch(big('a'), 3)]))).toEqual([[1, 2, 3]]);
  });

  it('sends a change that is over the bound by itself', () => {
    expect(coalesce([patch({ desired: { a: 'x'.repeat(70_000) } })])).toHaveLength(1);
  });
});

describe('split', () => {
  it('gives the changes back as writes of their own', () => {
    const list = [replace({ tags: {}, desired: {} }, 1), patch({ tags: { a: 1 } }, 2), patch({ tags: { b: 1 } }, 3)];
    const [write] = coalesce(list);
    const parts = write && write.kind !== 'barrier' ? split(write) : [];
    expect(items(parts)).toEqual([[1], [2], [3]]);
    expect(parts.map(({ kind }) => kind)).toEqual(['replace', 'patch', 'patch']);
    expect(apply({}, parts)).toEqual(apply({}, list));
  });
});
