import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { strayFiles } from '../../../scripts/package/build-app.js';
import { parseFuncignore } from '../../../scripts/package/funcignore.js';

const text = readFileSync('.funcignore', 'utf8');
const isSent = parseFuncignore(text);

describe('.funcignore', () => {
  // So that gitignore's own rules, which other tools follow, give the same.
  it('anchors every pattern, or begins it with two stars', () => {
    expect(text.split('\n').filter((line) => line !== '' && !/^(#|\/|\*\*\/)/.test(line))).toEqual([]);
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

  it.each([
    'dist/lab/index.js',
    'dist/test/x.js',
    'dist/scripts/package/main.js',
    'dist/npm/consumer/index.js',
    'dist/src/index.js.map',
    'local.settings.json',
    '.azure/production/.env',
    '.env',
    'src/index.ts',
    'node_modules/zod/index.d.ts',
    'node_modules/@azure/identity/dist/browser/index.js',
  ])('does not send %s', (path) => {
    expect(isSent(path)).toBe(false);
  });
});

describe('what is none of the app', () => {
  it('is found before it is sent', () => {
    const runs = ['dist/src/index.js', 'host.json', 'node_modules/zod/index.js', 'package.json'];
    expect(strayFiles(runs)).toEqual([]);
    expect(strayFiles([...runs, 'keys.txt', 'dist/lab/cli.js', 'host.json.bak'])).toEqual([
      'keys.txt',
      'dist/lab/cli.js',
      'host.json.bak',
    ]);
  });
});

describe('the matching of Core Tools', () => {
  it('is from the root and by prefix', () => {
    const sends = parseFuncignore('# comment\n\n  /lab  \nfolder/file');
    expect(['lab/x', 'label.txt', 'folder/file.txt'].map(sends)).toEqual([false, false, false]);
    expect(['x/lab', 'folder/other', 'a/folder/file'].map(sends)).toEqual([true, true, true]);
  });

  it('has one star within a folder, two across folders, and dots that are dots', () => {
    const sends = parseFuncignore('/*.md\n**/dist/browser/');
    expect(['README.md', 'x/dist/browser/y.js', 'a/b/dist/browser/y.js'].map(sends)).toEqual([false, false, false]);
    expect(['docs/x.md', 'READMEmd', 'x/dist/browsers.js'].map(sends)).toEqual([true, true, true]);
  });

  it('sends what an exclamation mark names, whatever the order', () => {
    const sends = parseFuncignore('!/docs/keep\n/docs');
    expect(['docs/keep.md', 'docs/x.md'].map(sends)).toEqual([true, false]);
  });

  it('never sends what holds secrets or history, at any depth', () => {
    const sends = parseFuncignore('!**/*');
    const paths = ['local.settings.json', 'a/Local.Settings.json', '.git/config', 'a/.vscode/x', 'appsettings.json'];
    expect(paths.map(sends)).toEqual(paths.map(() => false));
  });
});
