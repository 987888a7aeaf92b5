;; Logits to log-probabilities, four at a time. They lie from address 0 on as 32-bit floats, filled up with minus infinity
;; to a multiple of 64 bytes. `npm run wasm` makes logits.wasm.ts of this.
(module
  (memory (export "memory") 1)

  ;; The highest of them. One that is not a number is passed over: the sum then is none. Four maxima side by side: one alone would
  ;; wait for itself, four cycles at every step.
  (func (export "highest") (param $bytes i32) (result f32)
    (local $at i32) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $a (v128.load (i32.const 0)))
    (local.set $b (local.get $a))
    (local.set $c (local.get $a))
    (local.set $d (local.get $a))
    (loop $next
      (local.set $a (f32x4.pmax (local.get $a) (v128.load (local.get $at))))
      (local.set $b (f32x4.pmax (local.get $b) (v128.load offset=16 (local.get $at))))
      (local.set $c (f32x4.pmax (local.get $c) (v128.load offset=32 (local.get $at))))
      (local.set $d (f32x4.pmax (local.get $d) (v128.load offset=48 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $bytes))))
    (local.set $a (f32x4.pmax (f32x4.pmax (local.get $a) (local.get $b)) (f32x4.pmax (local.get $c) (local.get $d))))
    (f32.max
      (f32.max (f32x4.extract_lane 0 (local.get $a)) (f32x4.extract_lane 1 (local.get $a)))
      (f32.max (f32x4.extract_lane 2 (local.get $a)) (f32x4.extract_lane 3 (local.get $a)))))

  ;; The address of the first four of which one is this.
  (func (export "find") (param $bytes i32) (param $value f32) (result i32)
    (local $at i32) (local $wanted v128)
    (local.set $wanted (f32x4.splat (local.get $value)))
    (block $found
      (loop $next
        (br_if $found (v128.any_true (f32x4.eq (local.get $wanted) (v128.load (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br_if $next (i32.lt_u (local.get $at) (local.get $bytes)))))
    (local.get $at))

  ;; The sum of the exponentials of what each lies above `highest`, which is nothing or less. The exponential is 2^k 2^f, k whole
  ;; and |f| at most 1/2, with the polynomial of Cephes's exp2f (Moshier): wrong by 1e-7 of itself. Below e^-80 all are e^-80.
  ;; Four terms are added as 32-bit floats, which rounds them by 2e-7 at most, and their sums as 64-bit floats.
  (func (export "sum") (param $bytes i32) (param $highest f32) (result f64)
    (local $at i32) (local $above v128) (local $x v128) (local $shifted v128) (local $e v128)
    (local $even v128) (local $odd v128) (local $part v128)
    (local.set $above (f32x4.splat (local.get $highest)))
    (loop $next
      (local.set $x
        (f32x4.mul
          (f32x4.pmax (f32x4.sub (v128.load (local.get $at)) (local.get $above)) (v128.const f32x4 -80 -80 -80 -80))
          (v128.const f32x4 1.44269504 1.44269504 1.44269504 1.44269504)))
      ;; Added to 1.5 * 2^23 a number is rounded to a whole one, which is what the low bits then hold.
      (local.set $shifted (f32x4.add (local.get $x) (v128.const f32x4 12582912 12582912 12582912 12582912)))
      (local.set $x
        (f32x4.sub
          (local.get $x)
          (f32x4.sub (local.get $shifted) (v128.const f32x4 12582912 12582912 12582912 12582912))))
      (local.set $e (v128.const f32x4 1.535336188319500e-4 1.535336188319500e-4 1.535336188319500e-4 1.535336188319500e-4))
      (local.set $e
        (f32x4.add
          (f32x4.mul (local.get $e) (local.get $x))
          (v128.const f32x4 1.339887440266574e-3 1.339887440266574e-3 1.339887440266574e-3 1.339887440266574e-3)))
      (local.set $e
        (f32x4.add
          (f32x4.mul (local.get $e) (local.get $x))
          (v128.const f32x4 9.618437357674640e-3 9.618437357674640e-3 9.618437357674640e-3 9.618437357674640e-3)))
      (local.set $e
        (f32x4.add
          (f32x4.mul (local.get $e) (local.get $x))
          (v128.const f32x4 5.550332471162809e-2 5.550332471162809e-2 5.550332471162809e-2 5.550332471162809e-2)))
      (local.set $e
        (f32x4.add
          (f32x4.mul (local.get $e) (local.get $x))
          (v128.const f32x4 2.402264791363012e-1 2.402264791363012e-1 2.402264791363012e-1 2.402264791363012e-1)))
      (local.set $e
        (f32x4.add
          (f32x4.mul (local.get $e) (local.get $x))
          (v128.const f32x4 6.931472028550421e-1 6.931472028550421e-1 6.931472028550421e-1 6.931472028550421e-1)))
      (local.set $e
        (f32x4.add
          (f32x4.mul (local.get $e) (local.get $x))
          (v128.const f32x4 1 1 1 1)))
      ;; 2^k: k as the exponent of a float.
      (local.set $e
        (f32x4.mul
          (local.get $e)
          (i32x4.add
            (i32x4.shl (local.get $shifted) (i32.const 23))
            (v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000))))
      (local.set $part (f32x4.add (local.get $part) (local.get $e)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $next (i32.and (local.get $at) (i32.const 63)))
      (local.set $even (f64x2.add (local.get $even) (f64x2.promote_low_f32x4 (local.get $part))))
      (local.set $odd
        (f64x2.add
          (local.get $odd)
          (f64x2.promote_low_f32x4
            (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $part) (local.get $part)))))
      (local.set $part (v128.const f32x4 0 0 0 0))
      (br_if $next (i32.lt_u (local.get $at) (local.get $bytes))))
    (local.set $even (f64x2.add (local.get $even) (local.get $odd)))
    (f64.add (f64x2.extract_lane 0 (local.get $even)) (f64x2.extract_lane 1 (local.get $even)))))
