import { createServer, type AddressInfo } from 'node:net';

const HOST = '127.0.0.1';

/**
 * `preferred` when nothing listens there, else any free port; so a person finds the same address again.
 * Another process may take it before it is used.
 */
export async function freePort(preferred: number): Promise<number> {
  return (await tryPort(preferred)) ?? (await tryPort(0)) ?? preferred;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, HOST, () => {
      const { port: taken } = server.address() as AddressInfo;
      server.close(() => resolve(taken));
    });
  });
}
