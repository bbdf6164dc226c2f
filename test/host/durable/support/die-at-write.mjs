// Loaded before a host: it kills itself (-9) at its n-th write of an instance. DURABLE_DIE_AT: `before:N`, when nothing of it was sent, or
// `after:N`, when storage has done it and nothing else has happened since.
import { subscribe } from 'node:diagnostics_channel';

const [when, count] = process.env.DURABLE_DIE_AT.split(':');
let left = Number(count);

const isWrite = ({ method, path }) => method === 'PUT' && path.includes('/instances/') && !path.includes('comp=');

const countDown = ({ request, response }) => {
  if (!isWrite(request) || (response !== undefined && response.statusCode !== 201)) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
};

subscribe(when === 'before' ? 'http.client.request.created' : 'http.client.response.finish', countDown);
