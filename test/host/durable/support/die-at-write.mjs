// Loaded before a host: it kills itself (-9) at its n-th write of an instance. DURABLE_DIE_AT: `before:N`, when neither that one nor any later one
// reaches storage while it lives a little longer, so that it may do what should wait for them; or `after:N`, when storage has done it and
// nothing else has happened since.
import { subscribe } from 'node:diagnostics_channel';

const livesOnInMs = 100;
const [when, count] = process.env.DURABLE_DIE_AT.split(':');
let left = Number(count);

const isWrite = ({ method, path }) => method === 'PUT' && path.includes('/instances/') && !path.includes('comp=');
const die = () => process.kill(process.pid, 'SIGKILL');

const cut = ({ request }) => {
  if (!isWrite(request)) return;
  left -= 1;
  if (left > 0) return;
  if (left === 0) setTimeout(die, livesOnInMs);
  request.destroy();
};

const countAnswer = ({ request, response }) => {
  if (!isWrite(request) || response.statusCode !== 201) return;
  left -= 1;
  if (left === 0) die();
};

if (when === 'before') subscribe('http.client.request.created', cut);
else subscribe('http.client.response.finish', countAnswer);
