// For `node --require`: sends connections for mapped `host:port` pairs elsewhere, below TLS and HTTP, so that unmodified SDKs
// keep the real host name for certificates, SNI and the Host header. Loading it twice, or in the laboratory's own process, is harmless.
'use strict';
const { readFileSync, statSync } = require('node:fs');
const net = require('node:net');

const key = Symbol.for('iothub-standby.lab.hostMap');
// One state per process, whoever loads this first. `mappings` is set in-process; `fileMappings` comes from LAB_HOST_MAP_FILE.
const state = (globalThis[key] ??= { mappings: new Map(), fileMappings: new Map(), fileVersion: '', installed: false });

function readMapFile() {
  const file = process.env.LAB_HOST_MAP_FILE;
  if (!file) return;
  try {
    const { mtimeNs, ino, size } = statSync(file, { bigint: true });
    const version = `${mtimeNs}/${ino}/${size}`;
    if (version === state.fileVersion) return;
    state.fileMappings = new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8'))));
    state.fileVersion = version;
  } catch (error) {
    // The last good map goes on; the reason is shown once for each kind.
    if (state.fileVersion !== String(error)) process.emitWarning(`host map: ${String(error)}`, 'LabHostMapWarning');
    state.fileVersion = String(error);
  }
}

function mapped(options) {
  const name = `${String(options.host ?? 'localhost').toLowerCase()}:${options.port}`;
  readMapFile();
  const target = state.mappings.get(name) ?? state.fileMappings.get(name);
  return target ? { ...options, host: target.host, port: target.port } : options;
}

// A path means a Unix socket or a named pipe; http.Agent sets it to null.
const isTcp = (options) => options !== null && typeof options === 'object' && !options.path;

if (!state.installed) {
  state.installed = true;
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function connectThroughHostMap(...args) {
    const [first, second] = args;
    // Node's own callers (net.connect) hand over one array [options, callback]: changed in place, since the array is marked.
    if (Array.isArray(first) && isTcp(first[0])) first[0] = mapped(first[0]);
    else if (!Array.isArray(first) && isTcp(first)) args[0] = mapped(first);
    // connect(port[, host][, callback]); connect(path) is no number.
    else if (typeof first !== 'object' && /^\d+$/.test(first)) {
      const host = typeof second === 'string' ? second : undefined;
      args.splice(0, host === undefined ? 1 : 2, mapped({ port: first, host }));
    } else return connect.apply(this, args);
    // Two ends which both wait (Nagle, delayed acknowledgement) cost 40 ms per exchange on loopback.
    this.setNoDelay(true);
    return connect.apply(this, args);
  };
}
