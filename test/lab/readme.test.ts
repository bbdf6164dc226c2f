import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { armRoutes } from '../../lab/arm/app.js';
import { registeredRoutes } from '../../lab/hub/https/listener.js';

/** Rows of the tables whose last column is a test file. */
const rows = readFileSync('lab/README.md', 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => cells.at(-2)?.startsWith('test/'))
  .map((cells) => ({ operations: cells[1] ?? '', file: cells.at(-2) ?? '' }));

const routesOf = (operations: string) => [...operations.matchAll(/`([A-Z]+ \/[^`]*)`/g)].map((match) => match[1]);

describe('lab/README.md', () => {
  it('has rows to check', () => {
    expect(rows.length).toBeGreaterThan(30);
  });

  it.each(rows)('names a test file that is there and tests something: $file', ({ file }) => {
    expect(existsSync(file)).toBe(true);
    expect(readFileSync(file, 'utf8')).toMatch(/\bit(\.\w+)*\(/);
  });

  it('has a row for each route of the REST APIs, and none for a route that is not there', () => {
    const documented = rows.flatMap(({ operations }) => routesOf(operations));
    const registered = [...registeredRoutes(), ...armRoutes()].map(({ method, path }) => `${method} ${path}`);
    expect(new Set(documented)).toEqual(new Set(registered));
  });
});
