// The part of snarkjs that this folder uses. snarkjs ships no types.
declare module 'snarkjs' {
  /** A path, bytes, or a file that lives in memory. */
  export type File = string | Uint8Array | MemoryFile;
  export interface MemoryFile {
    type: 'mem';
    data?: Uint8Array;
  }
  export interface Logger {
    debug(message: string): void;
    info(message: string): void;
    warn(message: string): void;
    error(message: string): void;
  }
  export interface Curve {
    terminate(): Promise<void>;
  }
  /** Projective coordinates as decimal strings, in the order x, y, z; in G2 each is a pair c0, c1. */
  export interface Groth16Proof {
    pi_a: string[];
    pi_b: string[][];
    pi_c: string[];
    protocol: string;
    curve: string;
  }
  export type CircuitSignals = Readonly<Record<string, bigint | readonly bigint[]>>;
  /** Each matrix row maps a wire to its coefficient, both in decimal. */
  export interface R1csJson {
    nConstraints: number;
    nVars: number;
    constraints: [Record<string, string>, Record<string, string>, Record<string, string>][];
  }

  export const curves: { getCurveFromName(name: string): Promise<Curve> };
  export const groth16: {
    prove(
      zkey: File,
      witness: File,
      logger: Logger | undefined,
      options: { singleThread: boolean },
    ): Promise<{ proof: Groth16Proof; publicSignals: string[] }>;
    verify(vkey: unknown, publicSignals: readonly string[], proof: unknown): Promise<boolean>;
  };
  export const wtns: {
    calculate(signals: CircuitSignals, wasm: File, witness: File): Promise<void>;
    check(r1cs: File, witness: File, logger?: Logger): Promise<boolean>;
    exportJson(witness: File): Promise<bigint[]>;
  };
  export const r1cs: {
    info(
      file: File,
      logger?: Logger,
    ): Promise<{ nConstraints: number; nVars: number; nPubInputs: number; nOutputs: number }>;
    exportJson(file: File, logger?: Logger): Promise<R1csJson>;
  };
  export const powersOfTau: {
    newAccumulator(curve: Curve, power: number, file: File, logger?: Logger): Promise<Uint8Array>;
    contribute(from: File, to: File, name: string, entropy: string, logger?: Logger): Promise<Uint8Array>;
    beacon(
      from: File,
      to: File,
      name: string,
      valueHex: string,
      iterationsExponent: number,
      logger?: Logger,
    ): Promise<Uint8Array | false>;
    preparePhase2(from: File, to: File, logger?: Logger): Promise<void>;
    verify(file: File, logger?: Logger): Promise<boolean>;
  };
  export const zKey: {
    newZKey(r1cs: File, ptau: File, zkey: File, logger?: Logger): Promise<Uint8Array | -1>;
    contribute(from: File, to: File, name: string, entropy: string, logger?: Logger): Promise<Uint8Array>;
    beacon(
      from: File,
      to: File,
      name: string,
      valueHex: string,
      iterationsExponent: number,
      logger?: Logger,
    ): Promise<Uint8Array | false>;
    verifyFromInit(initial: File, ptau: File, zkey: File, logger?: Logger): Promise<boolean>;
    exportVerificationKey(zkey: File, logger?: Logger): Promise<Record<string, unknown>>;
  };
}
