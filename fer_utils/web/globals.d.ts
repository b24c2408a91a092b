// What TypeScript's library does not declare yet.

declare module "litert-loader" {
  const text: string;
  export default text;
}

interface VideoFrame {
  readonly rotation?: number;
  readonly flip?: boolean;
}

interface ServiceWorkerEvent extends Event {
  readonly request: Request;
  waitUntil(work: Promise<unknown>): void;
  respondWith(answer: Promise<Response>): void;
}

interface ServiceWorkerScope {
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: string, act: (event: ServiceWorkerEvent) => void): void;
}
