import { createHmac } from 'node:crypto';
import { request } from 'node:https';

/** A number as the hub wrote it: 21.0 and 21 are two texts. */
class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Reviver = (name: string, value: unknown, context: { source: string }) => unknown;
const keepNumbers: Reviver = (_name, value, context) =>
  typeof value === 'number' ? new NumberText(context.source) : value;

/** JSON with the text of its numbers; a name such as `__proto__` is a name like others. */
export const parseKeepingNumbers = (text: string): unknown => JSON.parse(text, keepNumbers as never);

const partsOf = (connectionString: string) => {
  const parts = new Map(
    connectionString.split(';').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  );
  const part = (name: string) => parts.get(name) ?? '';
  return { hostName: part('HostName'), policy: part('SharedAccessKeyName'), key: part('SharedAccessKey') };
};

/** "Control access to IoT Hub with shared access signatures": structure of a token. */
const tokenOf = ({ hostName, policy, key }: ReturnType<typeof partsOf>): string => {
  const resource = encodeURIComponent(hostName);
  const expiry = Math.floor(Date.now() / 1000) + 3600;
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(`${resource}\n${expiry}`).digest('base64');
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=${policy}`;
};

/** `GET /twins/{deviceId}`, or a module's: the body's text, or undefined for 404. Rejects for any other answer. */
export const readRawTwin = (connectionString: string, deviceId: string, moduleId?: string) => {
  const hub = partsOf(connectionString);
  const module = moduleId === undefined ? '' : `/modules/${encodeURIComponent(moduleId)}`;
  const path = `/twins/${encodeURIComponent(deviceId)}${module}?api-version=2021-04-12`;
  return new Promise<string | undefined>((resolve, reject) => {
    const call = request({ host: hub.hostName, path, headers: { authorization: tokenOf(hub) } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(Buffer.concat(chunks).toString());
        else if (answer.statusCode === 404) resolve(undefined);
        else reject(new Error(`twin: ${answer.statusCode}`));
      });
    });
    call.on('error', reject);
    call.end();
  });
};

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberText);

const own = (value: object): Map<string, unknown> => new Map(Object.entries(value));

/** Paths at which two values differ. Order of names does not count. */
export const pathsThatDiffer = (left: unknown, right: unknown, path = ''): string[] => {
  if (isObject(left) && isObject(right)) {
    const [a, b] = [own(left), own(right)];
    const names = new Set([...a.keys(), ...b.keys()]);
    return [...names].flatMap((name) =>
      a.has(name) && b.has(name) ? pathsThatDiffer(a.get(name), b.get(name), `${path}/${name}`) : [`${path}/${name}`],
    );
  }
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length
      ? left.flatMap((item, index) => pathsThatDiffer(item, right[index], `${path}/${index}`))
      : [path];
  if (left instanceof NumberText && right instanceof NumberText) return left.text === right.text ? [] : [path];
  return left === right ? [] : [path];
};

/** What belongs to one hub alone, at the top of a section. */
const hubsOwn = new Set(['$metadata', '$version']);

/** A section of a twin (`tags`, `desired`, `reported`) without what each hub has for itself; missing: empty. */
export const sectionOf = (twin: unknown, name: 'tags' | 'desired' | 'reported'): object => {
  const at = (value: unknown, key: string): unknown => (isObject(value) ? own(value).get(key) : undefined);
  const section = name === 'tags' ? at(twin, 'tags') : at(at(twin, 'properties'), name);
  const names = isObject(section) ? [...own(section)] : [];
  return Object.fromEntries(names.filter(([key]) => !hubsOwn.has(key)));
};
