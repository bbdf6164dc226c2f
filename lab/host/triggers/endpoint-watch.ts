import { connect, type Socket } from 'node:net';

/** How soon after a loss the endpoint is tried again, and how long a connection must last to count as up. */
const pauseInMs = 200;

/** Host and port of an emulator connection string; undefined for a real namespace, whose idle connections are not ours to hold. */
export function emulatorEndpoint(connectionString: string): { host: string; port: number } | undefined {
  if (!/;UseDevelopmentEmulator=true/i.test(connectionString)) return undefined;
  const found = /Endpoint=sb:\/\/(?<host>[^:;/]+)(?::(?<port>\d+))?/i.exec(connectionString)?.groups;
  return found?.['host'] === undefined ? undefined : { host: found['host'], port: Number(found['port'] ?? 5672) };
}

/**
 * Holds one idle TCP connection and says when the endpoint is back after it was away. The SDK itself says nothing of a cut
 * connection and waits for dead links until its timeout (seen with @azure/event-hubs 6.0.4 and a closed port).
 * Returns what ends the watch.
 */
export function watchEndpoint(endpoint: { host: string; port: number }, onBack: () => void): () => void {
  let ended = false;
  let wasAway = false;
  let socket: Socket | undefined;
  let timer: NodeJS.Timeout | undefined;

  const open = (): void => {
    socket = connect(endpoint);
    // An idle watch keeps no process alive.
    socket.unref();
    socket.once('connect', () => {
      if (!wasAway) return;
      timer = setTimeout(() => {
        wasAway = false;
        onBack();
      }, pauseInMs);
    });
    // A refused or cut connection says both `error` and `close`: `close` is the one that is acted on.
    socket.on('error', () => socket?.destroy());
    socket.once('close', () => {
      clearTimeout(timer);
      if (ended) return;
      wasAway = true;
      timer = setTimeout(open, pauseInMs);
    });
    socket.resume();
  };

  open();
  return () => {
    ended = true;
    clearTimeout(timer);
    socket?.destroy();
  };
}
