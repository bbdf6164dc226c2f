import { parseCondition } from './parse-condition.js';
import { parsePath } from './parse-path.js';
import type { Column, Query } from './query.js';
import { readTokens, type TokenReader } from './token-reader.js';
import { refuseQuery } from './tokens.js';

function parseColumn(tokens: TokenReader): Column {
  const path = parsePath(tokens);
  const isCount = path.length === 1 && path[0]?.toLowerCase() === 'count' && tokens.takesSign('(') !== undefined;
  if (isCount) tokens.needSign(')');
  const name = tokens.takesWord('as') ? tokens.word() : undefined;
  // How the service names a count without a name is not known.
  return isCount ? { kind: 'count', name: name ?? refuseQuery() } : { kind: 'path', path, name: name ?? path.at(-1)! };
}

function parseColumns(tokens: TokenReader): Query['columns'] {
  if (tokens.takesSign('*') !== undefined) return '*';
  const columns = [parseColumn(tokens)];
  while (tokens.takesSign(',') !== undefined) columns.push(parseColumn(tokens));
  const counts = columns.filter(({ kind }) => kind === 'count').length;
  // A count beside another column needs GROUP BY.
  return counts === 0 || columns.length === 1 ? columns : refuseQuery();
}

function parseFrom(tokens: TokenReader): Query['from'] {
  tokens.needWord('devices');
  if (tokens.takesSign('.') === undefined) return 'devices';
  tokens.needWord('modules');
  return 'devices.modules';
}

/**
 * "IoT Hub query language": SELECT of everything, of names or of a count, FROM devices or devices.modules, WHERE. Throws 400004 for
 * what is no query, and for what the laboratory lacks: TOP, GROUP BY, other aggregates, arithmetic, devices.jobs.
 */
export function parseQuery(text: string): Query {
  const tokens = readTokens(text);
  tokens.needWord('select');
  const columns = parseColumns(tokens);
  tokens.needWord('from');
  const from = parseFrom(tokens);
  const where = tokens.takesWord('where') ? parseCondition(tokens) : undefined;
  tokens.end();
  return { columns, from, ...(where === undefined ? {} : { where }) };
}
