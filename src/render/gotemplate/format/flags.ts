/** The flags, width and precision of one verb. `plusV` and `sharpV` are `%+v` and `%#v`. */
export interface Flags {
  readonly minus: boolean;
  readonly plus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  readonly plusV: boolean;
  readonly sharpV: boolean;
  readonly width: number | null;
  readonly precision: number | null;
}

/** A verb without any flag. */
export const NO_FLAGS: Flags = {
  minus: false,
  plus: false,
  sharp: false,
  space: false,
  zero: false,
  plusV: false,
  sharpV: false,
  width: null,
  precision: null,
};
