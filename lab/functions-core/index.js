// What `@azure/functions` and `durable-functions` require as "@azure/functions-core". In Azure the Node worker answers that
// name itself; here the stand-in (lab/host) does. All state is the stand-in's, on one global: this file only forwards, so
// that it does not matter how many copies of it a bundler or a test runner loads.
'use strict';

const key = Symbol.for('iothub-standby.functions-core');

// Outside of any host, as when a script imports the app: registrations lead nowhere, and say so once. The library itself does
// the same where this package is not installed.
const nowhere = {
  model: undefined,
  told: false,
  tell() {
    if (this.told) return;
    this.told = true;
    process.stderr.write('[functions] No Functions host is loading this app: its functions are registered nowhere.\n');
  },
  registerFunction() {
    this.tell();
    return () => undefined;
  },
  registerHook() {
    this.tell();
    return () => undefined;
  },
  log() {},
};

const worker = () => globalThis[key] ?? nowhere;

class Disposable {
  #callback;
  constructor(callback) {
    this.#callback = callback;
  }
  dispose() {
    this.#callback?.();
    this.#callback = undefined;
  }
}

exports.version = '3.9.1';
exports.hostVersion = '4.1037.0';
exports.Disposable = Disposable;
exports.setProgrammingModel = (model) => {
  worker().model = model;
};
// The library sets its model once for the process, which may have been before the host was there.
exports.getProgrammingModel = () => worker().model ?? nowhere.model;
exports.registerFunction = (metadata, callback) => new Disposable(worker().registerFunction(metadata, callback));
exports.registerHook = (name, callback) => new Disposable(worker().registerHook(name, callback));
exports.log = (level, category, message) => worker().log(level, category, message);
