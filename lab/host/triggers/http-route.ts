import { HostError } from '../host-error.js';

/** A route template of an HTTP trigger: `devices/{deviceId}/hub`, `{name?}` at the end, `{*rest}` at the end. */
export interface Route {
  /** Path parameters, or undefined when the path is another. Literals match without regard to case, as in ASP.NET. */
  match(path: string): Record<string, string> | undefined;
  /** Routes with more literal segments are tried first. */
  readonly literals: number;
}

type Segment = { kind: 'literal'; text: string } | { kind: 'parameter' | 'optional' | 'rest'; name: string };

const parameter = /^\{(?<star>\*)?(?<name>[A-Za-z_]\w*)(?<optional>\?)?\}$/;

function parseSegment(text: string, template: string): Segment {
  if (!/[{}]/.test(text)) return { kind: 'literal', text: text.toLowerCase() };
  const found = parameter.exec(text)?.groups;
  if (found?.['name'] === undefined) {
    throw new HostError(
      'host.badRoute',
      `Route "${template}": "${text}" (constraints, mixed segments) needs the real host.`,
    );
  }
  const name = found['name'];
  if (found['star'] !== undefined) return { kind: 'rest', name };
  return { kind: found['optional'] === undefined ? 'parameter' : 'optional', name };
}

/**
 * Decodes what Kestrel decodes of a path: everything but `%2F`, which stays as it is (azure-functions-host issue 9290: the
 * deployed app sees it as a slash). Broken encodings stay as they are.
 */
export function decodeSegment(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) =>
    run
      .split(/(%2f)/i)
      .map((part) => (/^%2f$/i.test(part) ? part : decodeOrKeep(part)))
      .join(''),
  );
}

function decodeOrKeep(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

/** Throws `host.badRoute` for what the stand-in does not know. */
export function parseRoute(template: string): Route {
  const segments = template
    .split('/')
    .filter(Boolean)
    .map((text) => parseSegment(text, template));
  return {
    literals: segments.filter(({ kind }) => kind === 'literal').length,
    match(path) {
      const parts = path.split('/').filter(Boolean);
      const found: Record<string, string> = {};
      for (const [index, segment] of segments.entries()) {
        const part = parts[index];
        if (segment.kind === 'rest') {
          const rest = parts.slice(index).map(decodeSegment).join('/');
          return rest === '' ? found : { ...found, [segment.name]: rest };
        }
        if (segment.kind === 'literal') {
          if (part === undefined || decodeSegment(part).toLowerCase() !== segment.text) return undefined;
        } else if (part !== undefined) found[segment.name] = decodeSegment(part);
        else if (segment.kind === 'parameter') return undefined;
      }
      return parts.length > segments.length ? undefined : found;
    },
  };
}
