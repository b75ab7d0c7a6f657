// What a script run by jsnpy finds, for editors and `tsc`; jsnpy itself does not read it. `jsnpy types` prints it.

/** The value of `arg` in the config; `{}` where there is none. */
declare var arg: any;

/**
 * What the script keeps from one run to the next, where the config names a `statefile`: `{}` at first, saved after a run
 * that ends with exit code 0.
 */
declare var state: any;

declare namespace jsnpy {
  /** An address: `"a@x.test"`, `"Ann <a@x.test>"`, or an object. */
  type Recipient = string | Address;

  /** The same, or a string of several addresses: `"a@x.test; b@x.test"`. */
  type Recipients = string | Address;

  /** A sender or recipient. */
  interface Address {
    //ADDRESS
  }

  /** A file that goes with a mail. */
  interface Attachment {
    //ATTACHMENT
  }

  /** How a server's certificate is verified. */
  interface Tls {
    //TLS
  }

  /** A mail, and the server that takes it. */
  interface Mail {
    //MAIL
  }

  /** How a send ended. */
  interface SendResult {
    /**
     * 0 sent, -1 invalid argument, -2 server not reached, -3 timed out, -4 TLS, -5 authentication, -6 sender refused,
     * -7 every recipient refused, -8 message refused, -9 protocol fault or connection lost, -10 delivery unknown.
     */
    code: number;
    /** The SMTP dialogue. */
    log: string;
    /** What failed and what to do about it, or "". */
    error: string;
    /** The same for programs; not enumerable, so JSON.stringify leaves it out. */
    readonly details: SendDetails;
  }

  interface SendDetails {
    /** How far the send came. */
    stage: string;
    /** Code of the server's reply that decided, as in 550. */
    smtpCode: number | null;
    /** Enhanced status code, as in "5.7.1". */
    enhancedCode: string | null;
    /** Whether trying again later may help. */
    temporary: boolean | null;
    /** Recipients the server took. */
    accepted: string[];
    /** Recipients it refused. */
    rejected: { email: string; code: number; text: string }[];
    messageId: string | null;
    /** Connections made for this send. */
    attempts: number;
    /** With --outbox: the ID of a mail that is kept and tried again. */
    queued?: string;
  }

  /** How a transfer ended. */
  interface HttpResult {
    /** HTTP status, as in 200 or 404; 0 where the transfer failed. */
    status: number;
    /** The answer's text; "" where the transfer failed. */
    body: string;
    /** Why the transfer failed, or "". A 404 is no failure. */
    error: string;
    /** Not enumerable, so JSON.stringify leaves it out. */
    readonly details: {
      /** Where the answer came from, after redirects. */
      url: string;
      /** The answer's headers, names in lower case; set-cookie is an array. */
      headers: Record<string, string | string[]>;
    };
  }

  /**
   * Headers by their names, or as lines: `"Name: value"`. Where a redirect leads to another scheme, host or port, they
   * stay behind (they may hold a key), all but Accept, Accept-Language, Cache-Control, User-Agent and Content-*.
   */
  type HttpHeaders = readonly string[] | { readonly [name: string]: string | number | readonly (string | number)[] };

  interface HttpRequest {
    /** GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, in any case. */
    method: string;
    url: string;
    headers?: HttpHeaders | null;
    /** Text; for JSON, `JSON.stringify(...)`. */
    body?: string | null;
    /** Seconds for all of it; 30 without. */
    timeout?: number | null;
  }

  interface HttpAnswer extends HttpResult {
    /** Names in lower case. */
    headers: { [name: string]: string | string[] };
  }

  interface Console {
    log(...data: any[]): void;
    info(...data: any[]): void;
    debug(...data: any[]): void;
    /** Writes to stderr. */
    warn(...data: any[]): void;
    /** Writes to stderr. */
    error(...data: any[]): void;
    /** Writes to stderr, with the place in the script. */
    trace(...data: any[]): void;
    /** Writes to stderr if the condition does not hold. */
    assert(condition?: any, ...data: any[]): void;
    dir(value?: any, options?: object): void;
    dirxml(...data: any[]): void;
    table(data?: any, columns?: readonly string[]): void;
    group(...label: any[]): void;
    groupCollapsed(...label: any[]): void;
    groupEnd(): void;
    count(label?: string): void;
    countReset(label?: string): void;
    time(label?: string): void;
    timeLog(label?: string, ...data: any[]): void;
    timeEnd(label?: string): void;
    clear(): void;
  }

  /** A timer, as in Node; as a number it is its ID. */
  interface Timeout {
    /** Let the run wait for this timer again. */
    ref(): this;
    /** Let the run end without waiting for this timer. */
    unref(): this;
    hasRef(): boolean;
    /** Start the delay anew. */
    refresh(): this;
    close(): this;
    [Symbol.toPrimitive](): number;
  }
}

/** Sends a mail and waits until the server has taken or refused it. Never throws. */
declare function send_email(config: jsnpy.Mail): jsnpy.SendResult;

/**
 * Fetches an http or https URL. Never throws; 30 seconds and 64 MB at the most.
 * @param headers `{ Authorization: "Bearer ..." }`, or lines such as `"Authorization: Bearer ..."`
 */
declare function http_get(url: string, headers?: jsnpy.HttpHeaders | null): jsnpy.HttpResult;

/**
 * Sends a body to a URL. Never throws; 30 seconds and 64 MB at the most.
 * @param body text; for JSON, `JSON.stringify(...)`
 * @param headers as for http_get; without a Content-Type, the body goes as a form
 */
declare function http_post(
  url: string,
  body?: string | number | boolean | null,
  headers?: jsnpy.HttpHeaders | null,
): jsnpy.HttpResult;

/** Sends any request. Never throws; 64 MB and, without `timeout`, 30 seconds at the most. */
declare function http_request(request: jsnpy.HttpRequest): jsnpy.HttpAnswer;

declare var console: jsnpy.Console;

/** Calls back after so many milliseconds. The run ends when no timer is left. */
declare function setTimeout(callback: (...args: any[]) => void, delay?: number, ...args: any[]): jsnpy.Timeout;
declare function setInterval(callback: (...args: any[]) => void, delay?: number, ...args: any[]): jsnpy.Timeout;
declare function clearTimeout(timer?: jsnpy.Timeout | number | string | null): void;
declare function clearInterval(timer?: jsnpy.Timeout | number | string | null): void;
declare function queueMicrotask(callback: () => void): void;

/** Waits so many milliseconds; nothing else of the script runs meanwhile. `--timeout` ends it. */
declare function sleep(milliseconds: number): void;

/** Ends the run at once, with this exit code (0 to 255). */
declare function exit(code?: number): never;
