import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.wasm.Parser;
import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/**
 * Runs the conformance kit on planner.wasm under Chicory, which is WebAssembly in Java alone.
 *
 * <p>Usage: java -cp 'lib/*' Conformance.java planner.wasm vectors.json
 */
final class Conformance {
  private static final String[] SUITES = {
    "plans", "axes", "masks", "splits", "slices", "tilings", "rejections"
  };

  /** planner.wasm: docs/planner-abi.md in Java. */
  static final class Planner {
    private final Instance instance;

    Planner(Path wasm) {
      instance = Instance.builder(Parser.parse(wasm)).build();
    }

    int constant(String name) {
      return (int) instance.exports().global(name).getValue();
    }

    /** Returns the bytes of the result, or minus an error code. */
    int call(String name, int[] arguments) {
      if (!name.equals("plan")) return invoke(name, arguments);
      if (4 * arguments.length != constant("REQUEST_BYTES")) {
        throw new IllegalArgumentException("a request has " + constant("REQUEST_BYTES") + " bytes");
      }
      int at = invoke("request_ptr");
      for (int i = 0; i < arguments.length; i++) instance.memory().writeI32(at + 4 * i, arguments[i]);
      return invoke("plan");
    }

    /** A copy of the last result, which the next call overwrites. */
    byte[] result(int bytes) {
      return instance.memory().readBytes(invoke("result_ptr"), bytes);
    }

    /** The records and the masks of one axis of a plan block. */
    byte[] axisOf(byte[] block, int axis) {
      int header = constant("PLAN_AXES") + axis * constant("AXIS_HEADER_BYTES");
      ByteBuffer view = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
      int records = view.getInt(header + 8);
      int masks = view.getInt(header + 12);
      return Arrays.copyOfRange(block, records, masks + view.getInt(header + 16));
    }

    /** The error record: code, axis, got, limit. */
    long[] error() {
      byte[] record = instance.memory().readBytes(invoke("error_ptr"), constant("ERROR_BYTES"));
      ByteBuffer view = ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);
      return new long[] {view.getInt(0), view.getInt(4), view.getLong(8), view.getLong(16)};
    }

    private int invoke(String name, int... arguments) {
      long[] values = Arrays.stream(arguments).asLongStream().toArray();
      return (int) instance.export(name).apply(values)[0];
    }
  }

  /** What differs between the planner's answer and the vector's, or null. */
  private static String check(Planner planner, JsonObject each) throws Exception {
    int status = planner.call(each.get("call").getAsString(), ints(each.get("arguments")));
    if (each.has("error")) return compareErrors(planner, status, each.getAsJsonObject("error"));
    if (status < 0) return "got error " + Arrays.toString(planner.error());
    byte[] result = planner.result(status);
    if (each.has("axis")) result = planner.axisOf(result, each.get("axis").getAsInt());
    HexFormat hex = HexFormat.of();
    if (each.has("sha256")) {
      String expected = each.get("bytes").getAsInt() + " bytes of " + each.get("sha256").getAsString();
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(result);
      String got = result.length + " bytes of " + hex.formatHex(digest);
      return got.equals(expected) ? null : "expected " + expected + ", got " + got;
    }
    byte[] expected = literal(each);
    if (Arrays.equals(result, expected)) return null;
    return "expected " + hex.formatHex(expected) + ", got " + hex.formatHex(result);
  }

  private static String compareErrors(Planner planner, int status, JsonObject error) {
    String name = error.get("name").getAsString();
    long[] expected = new long[4];
    String[] fields = {"code", "axis", "got", "limit"};
    for (int i = 0; i < fields.length; i++) expected[i] = error.get(fields[i]).getAsLong();
    if (status >= 0) return "expected " + name + ", got a result";
    boolean isSame = Arrays.equals(planner.error(), expected) && status == -expected[0];
    if (isSame && planner.constant(name) == expected[0]) return null;
    return "expected " + name + " " + Arrays.toString(expected) + ", got " + Arrays.toString(planner.error());
  }

  /** The literal result of a case: its int32 values, then its float32. */
  private static byte[] literal(JsonObject each) {
    int[] values = ints(each.get("int32"));
    byte[] floats = new byte[0];
    if (each.has("float32")) floats = Base64.getDecoder().decode(each.get("float32").getAsString());
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length + floats.length);
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) bytes.putInt(value);
    return bytes.put(floats).array();
  }

  private static int[] ints(JsonElement array) {
    if (array == null) return new int[0];
    return array.getAsJsonArray().asList().stream().mapToInt(JsonElement::getAsInt).toArray();
  }

  private static JsonObject runSuite(Planner planner, JsonArray cases) throws Exception {
    int passed = 0;
    JsonObject result = new JsonObject();
    result.add("firstDifference", JsonNull.INSTANCE);
    for (JsonElement element : cases) {
      JsonObject each = element.getAsJsonObject();
      String difference = check(planner, each);
      if (difference == null) {
        passed++;
      } else if (result.get("firstDifference").isJsonNull()) {
        String call = each.get("call").getAsString() + each.get("arguments");
        result.addProperty("firstDifference", call + ": " + difference);
      }
    }
    result.addProperty("passed", passed);
    result.addProperty("failed", cases.size() - passed);
    result.addProperty("skipped", 0);
    return result;
  }

  /** The version in the name of a library's file, such as runtime-1.7.5.jar. */
  private static String versionOf(Class<?> type) throws Exception {
    String file = Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).getFileName().toString();
    return file.replaceAll("^\\D+|\\.jar$", "");
  }

  public static void main(String[] arguments) throws Exception {
    Planner planner = new Planner(Path.of(arguments[0]));
    String text = Files.readString(Path.of(arguments[1]));
    JsonObject cases = JsonParser.parseString(text).getAsJsonObject().getAsJsonObject("suites");
    JsonObject suites = new JsonObject();
    for (String suite : SUITES) suites.add(suite, runSuite(planner, cases.getAsJsonArray(suite)));
    JsonObject report = new JsonObject();
    report.addProperty("version", "Java " + System.getProperty("java.version"));
    report.addProperty("engine", "Chicory " + versionOf(Instance.class));
    report.add("suites", suites);
    System.out.println(new Gson().newBuilder().serializeNulls().create().toJson(report));
  }
}
