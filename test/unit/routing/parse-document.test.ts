import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../src/routing/parse-document.js';
import { aDocument } from './fakes.js';

const problemsOf = (wrong: object | string): readonly string[] => {
  const parsed = parseDocument(typeof wrong === 'string' ? wrong : JSON.stringify({ ...aDocument(), ...wrong }));
  return parsed.kind === 'invalid' ? parsed.problems : [];
};

describe('parseDocument', () => {
  it('gives the document', () => {
    expect(parseDocument(JSON.stringify(aDocument()))).toEqual({ kind: 'document', document: aDocument() });
  });

  it.each([
    [
      'a misspelt direction',
      { direction: 'fowrard' },
      ['direction: must be "forward" or "draining" or "reverse" or "paused"'],
    ],
    ['a hub by name', { activeHub: 'contoso' }, ['activeHub: must be "primary" or "secondary"']],
    ['an epoch of text', { epoch: '7' }, ['epoch: must be of type number']],
    ['an epoch of zero', { epoch: 0 }, ['epoch: must be 1 or more']],
    ['an epoch of one and a half', { epoch: 1.5 }, ['epoch: must be of type int']],
    ['a day for a time', { switchedAt: '2026-01-01' }, ['switchedAt: must be a time such as 2026-01-01T00:00:00.000Z']],
    ['a missing revision', { revision: undefined }, ['revision: must be of type number']],
    ['forward to the secondary', { activeHub: 'secondary' }, ['direction: forward needs "activeHub": "primary"']],
    ['reverse to the primary', { direction: 'reverse' }, ['direction: reverse needs "activeHub": "secondary"']],
    ['a hub that is missing', { hubs: { primary: 'north' } }, ['hubs.secondary: must be of type string']],
    ['a hub of no letters', { hubs: { primary: '', secondary: 's' } }, ['hubs.primary: must not be empty']],
    ['one hub twice', { hubs: { primary: 'north', secondary: 'north' } }, ['hubs: must be two hubs']],
    ['half a document', '{"schemaVersion":1', ['the document: must be JSON']],
    ['an empty blob', '', ['the document: must be JSON']],
    ['a list', '[]', ['the document: must be of type object']],
  ])('names the field of %s and what is allowed', (_, wrong, problems) => {
    expect(problemsOf(wrong)).toEqual(problems);
  });

  it('names every field at once, and quotes nothing of the blob', () => {
    const secret = 'SharedAccessKey=c2VjcmV0';
    const problems = problemsOf({
      schemaVersion: secret,
      epoch: secret,
      activeHub: secret,
      direction: secret,
      switchedAt: secret,
      hubs: secret,
      [secret]: secret,
    });
    expect(problems).toHaveLength(6);
    expect(problems.join()).not.toContain('c2VjcmV0');
    expect(problemsOf(`{"direction": ${secret}`).join()).not.toContain('c2VjcmV0');
  });
});
