/** The global `fetch`, passed in: inside VS Code it follows the proxy settings and keeps connections alive. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
