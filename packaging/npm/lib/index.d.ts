/** Change files that other programs change too, without losing a byte. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A lock that this process holds, until it is released or the process ends. */
export class Lock {
  readonly file: string;
  /** A program that you start works under the lock when its environment has this as AIMEM_LOCK_ID. */
  readonly id: string;
  private constructor();
  /** Gives it back; a second time does nothing. LockLost: somebody has broken it meanwhile. */
  release(): Promise<void>;
}

export interface LockOptions {
  /** Seconds to wait: 30, or LOCK_TIMEOUT, by default; 0 tries once; Infinity. */
  timeout?: number;
  /** What others are told of the holder. */
  client?: string;
}

export interface Options {
  /** Seconds to wait for the lock: 30, or LOCK_TIMEOUT, by default; 0 tries once; Infinity. */
  timeout?: number;
  /** Work under this lock. Not needed inside of withLock. */
  lock?: Lock;
  /** Further options of the verb, such as ["--backup=3"]. */
  options?: string[];
}

export interface ReadOptions extends Options {
  /** Stands for a file that is missing; without it that is FileMissing. */
  default?: unknown;
}

export interface UpdateOptions extends Options {
  /** What a missing file starts from. */
  create?: unknown;
  /** A filter on the new document, whose result is returned. */
  returns?: string;
}

export interface WriteOptions extends Options {
  /** Write only if the file still has this tag, "none": if there is no file; else LockLost. */
  ifMatch?: string;
}

/**
 * Takes the lock of a file, which need not exist. It shuts out other processes, and whatever else in
 * this one does not name it; it is free when this process ends, however that happens. LockBusy says
 * who has it.
 */
export function lock(file: string, options?: LockOptions): Promise<Lock>;

/** Runs `work` under the lock of a file. What it calls and awaits works under the lock. */
export function withLock<T>(
  file: string,
  work: (lock: Lock) => T | PromiseLike<T>,
  options?: LockOptions,
): Promise<T>;

/**
 * One whole version of a file, without waiting for anybody: a JSON, JSONC or TOML document, or what the
 * jq filter makes of it; a list of the results for .jsonl; any other file as a string. `args` are
 * `$NAME` in the filter.
 */
export function read(
  file: string,
  filter?: string,
  args?: Record<string, unknown>,
  options?: ReadOptions,
): Promise<any>;

/**
 * Changes a document by a jq filter, under its lock, durably, whole or not at all. Returns the new
 * document, or what `returns` makes of it; of a .jsonl file, whose every line is changed, undefined.
 */
export function update(
  file: string,
  filter: string,
  args?: Record<string, unknown>,
  options?: UpdateOptions,
): Promise<any>;

/**
 * The same by a function, which is given the document (of a text file: the text) and returns the new
 * one, or undefined when it has changed it in place. It is called under the lock; again, if a program
 * that takes no lock has changed the file meanwhile.
 */
export function update(
  file: string,
  change: (document: any) => unknown,
  options?: UpdateOptions,
): Promise<any>;

/** Replaces a file, under its lock, durably, whole or not at all: by text, bytes, or any other value as JSON. */
export function write(file: string, content: unknown, options?: WriteOptions): Promise<void>;

/** Adds lines at the end of a file, durably and together: text as it is, any other value as JSON. */
export function append(file: string, lines: unknown, options?: Options): Promise<void>;

/** The path of the program `aimem`. */
export function binary(): string;

/** What happened, to which file, and what to do. */
export class AimemError extends Error {
  /** aimem's exit code, or the signal that ended it. */
  readonly code: number | string;
  /** The code's name: busy, lost, data, no_input, permission and so on. */
  readonly kind: string;
  readonly hint?: string;
  readonly file?: string;
  /** Who has the lock. */
  readonly holder?: string;
  /** When the holder's lease ends. */
  readonly expires?: string;
  readonly details?: string;
}
/** The lock was not free in time. */
export class LockBusy extends AimemError {}
/** The lock was lost, or the file is not what was read. Nothing was written. */
export class LockLost extends AimemError {}
/** There is no such file, or it is none that can be read. */
export class FileMissing extends AimemError {}
/** It is no valid document, or the filter failed. */
export class DataError extends AimemError {}
export class NotPermitted extends AimemError {}
