import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/**
 * As Azure Functions Core Tools reads it: every pattern matches from the root and as a prefix, `**` any characters, `*` any but a
 * slash. Patterns are written so that gitignore's own rules give the same.
 */
const patterns = readFileSync('.funcignore', 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.replace(/^\//, '').replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
  .map((line) => new RegExp(`^${line.replaceAll('**', '(.+)').replaceAll(/(?<!\.)\*/g, '([^/]+)')}`));
const isSent = (path: string) => !patterns.some((pattern) => pattern.test(path));

describe('.funcignore', () => {
  it('anchors every pattern, or begins it with two stars', () => {
    const lines = readFileSync('.funcignore', 'utf8').split('\n');
    expect(lines.filter((line) => line !== '' && !/^(#|\/|\*\*\/)/.test(line))).toEqual([]);
  });

  it('sends what runs', () => {
    for (const path of ['dist/src/index.js', 'dist/src/azure/hub/hub-client.js', 'host.json', 'package.json'])
      expect([path, isSent(path)]).toEqual([path, true]);
    // A package's own folders have the names of ours.
    for (const path of ['node_modules/debug/src/index.js', 'node_modules/x/test/needed.js', 'node_modules/x/lab/y.js'])
      expect([path, isSent(path)]).toEqual([path, true]);
  });

  it('sends nothing of the root but that', () => {
    // Reports and logs that somebody has left there are git's business.
    const left = /^(r|report)\.json$|\.log$/;
    const sent = readdirSync('.').filter((name) => isSent(name) && !left.test(name));
    expect(sent.sort()).toEqual(['dist', 'host.json', 'node_modules', 'package.json']);
  });

  it.each(['dist/lab/index.js', 'dist/test/x.js', 'dist/src/index.js.map', 'local.settings.json', 'src/index.ts'])(
    'does not send %s',
    (path) => {
      expect(isSent(path)).toBe(false);
    },
  );
});
