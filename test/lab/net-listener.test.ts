import { once } from 'node:events';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ControllableListener } from '../../lab/contracts.js';
import { createLabCertificates, type LabCertificates } from '../../lab/net/certificates.js';
import { removeHostMapping, setHostMapping } from '../../lab/net/host-map.js';
import { controlServer, createTcpListener, createTlsListener } from '../../lab/net/listener.js';
import { trustInProcess } from '../../lab/net/trust.js';

let certificates: LabCertificates;
const open: ControllableListener[] = [];
const opened = async (listener: Promise<ControllableListener>) => {
  open.push(await listener);
  return open.at(-1)!;
};

beforeAll(async () => {
  certificates = await createLabCertificates();
});
afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close();
});

const get = (host: string, port: number, options: object = {}): Promise<{ status: number; host: string }> =>
  new Promise((resolve, reject) => {
    request({ host, port, path: '/', agent: false, ...options }, (response: IncomingMessage) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode!, host: body }));
    })
      .on('error', reject)
      .end();
  });

const echoHost = () => createTlsListener({ certificates, onRequest: (req, res) => res.end(req.headers.host) });
const clientOf = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
};

describe('TLS ports of the lab', () => {
  it('are reached under the real host name, with certificate checks on', async () => {
    const { port } = await opened(echoHost());
    setHostMapping('p-listener.azure-devices.net', 443, { host: '127.0.0.1', port });
    await expect(get('p-listener.azure-devices.net', 443)).rejects.toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
    trustInProcess(certificates.caPem);
    expect(await get('p-listener.azure-devices.net', 443)).toEqual({
      status: 200,
      host: 'p-listener.azure-devices.net',
    });
    removeHostMapping('p-listener.azure-devices.net', 443);
    await expect(get('p-listener.azure-devices.net', 443)).rejects.toThrow(/ENOTFOUND|EAI_AGAIN|ECONNREFUSED/);
  });

  it('are not believed under a name that the certificate lacks', async () => {
    const { port } = await opened(echoHost());
    trustInProcess(certificates.caPem);
    setHostMapping('hub.example.org', 443, { host: '127.0.0.1', port });
    await expect(get('hub.example.org', 443)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it('of two laboratories are trusted at once', async () => {
    const other = await createLabCertificates();
    const first = await opened(echoHost());
    const second = await opened(createTlsListener({ certificates: other, onRequest: (_req, res) => res.end('2') }));
    trustInProcess(certificates.caPem);
    trustInProcess(other.caPem);
    expect((await get('127.0.0.1', first.port)).status).toBe(200);
    expect((await get('localhost', second.port)).host).toBe('2');
  });

  it('hand the decrypted connection to a protocol of its own', async () => {
    trustInProcess(certificates.caPem);
    const { port } = await opened(createTlsListener({ certificates, onConnection: (socket) => socket.pipe(socket) }));
    const socket = connectTls({ port, host: '127.0.0.1' });
    socket.end('hello');
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString()).toBe('hello');
  });
});

describe('an outage of a port', () => {
  it('cuts connections, refuses new ones, and the same port comes back', async () => {
    const listener = await opened(createTcpListener((socket) => socket.pipe(socket)));
    const socket = await clientOf(listener.port);
    const closed = once(socket, 'close');
    await listener.stop();
    await closed;
    await expect(clientOf(listener.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await listener.resume();
    const again = await clientOf(listener.port);
    again.end('x');
    expect(String((await once(again, 'data'))[0])).toBe('x');
  });

  it('may be asked for twice, and a resume may follow at once', async () => {
    const listener = await opened(echoHost());
    trustInProcess(certificates.caPem);
    await Promise.all([listener.stop(), listener.stop(), listener.resume(), listener.resume()]);
    expect((await get('127.0.0.1', listener.port)).status).toBe(200);
  });

  it('while refusing, cuts new connections and leaves old ones alone', async () => {
    const listener = await opened(controlServer(createServer((socket) => socket.pipe(socket))));
    const old = await clientOf(listener.port);
    listener.setRefusing(true);
    const fresh = await clientOf(listener.port);
    await once(fresh.resume(), 'close');
    old.write('still');
    expect(String((await once(old, 'data'))[0])).toBe('still');
    listener.setRefusing(false);
    const later = await clientOf(listener.port);
    later.write('y');
    expect(String((await once(later, 'data'))[0])).toBe('y');
  });

  it('says so when the port is taken', async () => {
    const first = await opened(echoHost());
    await expect(createTcpListener(() => undefined, { port: first.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});
