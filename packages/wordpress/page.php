<?php
/**
 * For tests: what a visitor gets of a page whose content stands on standard input, made by WordPress' own code.
 *
 *     php page.php WORDPRESS PROXY [editor] < content
 *
 * WordPress is taken from a folder as it is, without a database: of its filters those that a post's content goes through, and
 * of its options those that are asked for here.
 */

[ , $wordpress, $proxy ] = $argv;
$is_editor = 'editor' === ( $argv[3] ?? '' );
define( 'ABSPATH', rtrim( $wordpress, '/' ) . '/' );
define( 'WPINC', 'wp-includes' );
define( 'WP_CONTENT_DIR', ABSPATH . 'wp-content' );
define( 'WP_DEBUG', false );
error_reporting( E_ALL & ~E_DEPRECATED );
set_error_handler( function ( $level, $message, $file, $line ) {
	// WordPress of some years meets PHP of today.
	if ( false === strpos( $file, ABSPATH ) ) {
		throw new ErrorException( $message, 0, $level, $file, $line );
	}
	return true;
} );

foreach ( array( 'load', 'plugin', 'compat', 'functions', 'cache', 'option', 'pomo/translations', 'l10n', 'formatting', 'kses', 'shortcodes', 'general-template', 'link-template', 'theme', 'blocks', 'class-wp-dependency', 'class-wp-dependencies', 'class.wp-dependencies', 'class-wp-scripts', 'class.wp-scripts', 'functions.wp-scripts' ) as $name ) {
	$file = ABSPATH . WPINC . "/$name.php";
	if ( file_exists( $file ) ) {
		require_once $file;
	}
}

function current_user_can( $what ) {
	return $GLOBALS['is_editor'];
}

add_filter( 'pre_option', function ( $found, $name ) use ( $proxy ) {
	$known = array( 'lead_form_proxy' => $proxy, 'blog_charset' => 'UTF-8', 'siteurl' => 'http://host.example', 'home' => 'http://host.example', 'use_smilies' => '' );
	return $known[ $name ] ?? '';
}, 10, 2 );
// There is no table of options to load.
wp_cache_init();
wp_cache_set( 'alloptions', array( 'blog_charset' => 'UTF-8' ), 'options' );
add_filter( 'the_content', 'wptexturize' );
add_filter( 'the_content', 'wpautop' );
add_filter( 'the_content', 'shortcode_unautop' );
add_filter( 'the_content', 'do_shortcode', 11 );

require __DIR__ . '/lead-form/lead-form.php';
do_action( 'init' );
$content = apply_filters( 'the_content', stream_get_contents( STDIN ) );
echo '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A post</title></head><body>', $content;
wp_scripts()->do_items();
echo '</body></html>';
